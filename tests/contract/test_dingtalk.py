import gateway_dingtalk
from gateway.testing import ContractSuite
from gateway_dingtalk import EXCLUSIVE, STANDARD

from .dingtalk_subject import subject_of


class TestDingTalk(ContractSuite):
    subject = subject_of(STANDARD, gateway_dingtalk)


class TestDingTalkWithoutACardTemplate(ContractSuite):
    subject = subject_of(STANDARD, gateway_dingtalk, card_template_id=None)


class TestDingTalkByWorkNotice(ContractSuite):
    subject = subject_of(STANDARD, gateway_dingtalk, person_messages="work_notice")


class TestDingTalkExclusive(ContractSuite):
    subject = subject_of(EXCLUSIVE, gateway_dingtalk)
