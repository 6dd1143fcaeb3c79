from gateway.testing import ContractSuite
from gateway_contract import subjects


class TestNtfy(ContractSuite):
    subject = next(iter(subjects()))
