"""What is told of people who are asked about by their ids."""

from gateway.plugin import Identity, Person, RecipientError

from .conftest import Rig


async def test_people_are_described_twenty_in_a_call(rig: Rig) -> None:
    rig.emulator.add_people(45)
    ids = [Identity(f"p{number}", "user_id") for number in range(1, 46)]
    found = await rig.channel().describe(ids)
    assert [each.name for each in found if isinstance(each, Person)] == [
        rig.emulator.people[each.id].name for each in ids
    ]
    assert rig.calls("users/batch") - rig.calls("batch_get_id") == 3


async def test_each_kind_of_id_is_understood_and_one_bad_id_hides_no_other(rig: Rig) -> None:
    person = rig.emulator.people["li.wei"]
    open_id = rig.emulator.open_id(rig.app_id, person)
    known = [
        Identity(open_id, "open_id"),
        Identity(person.union_id, "union_id"),
        Identity(person.id, "user_id"),
    ]
    strange = [Identity("ou_nobody", "open_id"), Identity("x", "fax")]
    *found, nobody, odd = await rig.channel().describe([*known, *strange])
    assert [each.identity for each in found if isinstance(each, Person)] == [known[0]] * 3
    assert isinstance(nobody, RecipientError)
    assert nobody.gone
    assert isinstance(odd, RecipientError)
