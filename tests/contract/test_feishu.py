import gateway_feishu
from gateway.testing import ContractSuite
from gateway_feishu import FEISHU

from .lark_subject import subject_of


class TestFeishu(ContractSuite):
    subject = subject_of(FEISHU, gateway_feishu)
