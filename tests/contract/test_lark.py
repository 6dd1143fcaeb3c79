import gateway_lark
from gateway.testing import ContractSuite
from gateway_lark import LARK

from .lark_subject import subject_of


class TestLark(ContractSuite):
    subject = subject_of(LARK, gateway_lark)
