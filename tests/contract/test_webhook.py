from gateway.testing import ContractSuite
from gateway_webhook.robots import FEISHU_ROBOT, LARK_ROBOT

from .webhook_subject import dingtalk_subject, lark_subject, webhook_subject


class TestLarkRobot(ContractSuite):
    subject = lark_subject(LARK_ROBOT)


class TestFeishuRobot(ContractSuite):
    subject = lark_subject(FEISHU_ROBOT)


class TestDingTalkRobot(ContractSuite):
    subject = dingtalk_subject()


class TestWebhook(ContractSuite):
    subject = webhook_subject()
