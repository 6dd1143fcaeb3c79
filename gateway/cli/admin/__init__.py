"""Commands for admins: one group for each noun, each a thin client of the HTTP API."""

import typer

from gateway.cli.admin.bind import bind
from gateway.cli.admin.channel import channel
from gateway.cli.admin.key import key
from gateway.cli.admin.rule import rule
from gateway.cli.admin.template import template
from gateway.cli.admin.tenant import tenant
from gateway.cli.admin.topic import topic
from gateway.cli.admin.user import user

GROUPS: tuple[typer.Typer, ...] = (tenant, channel, user, bind, topic, template, rule, key)
