"""Keys, webhooks, rates and bills."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Optional, Union

from . import _operations as operations
from . import types
from ._commands import UNSET, Unset, given, present
from ._errors import RegistryError
from ._lists import PAGE_SIZE, Pages
from ._models import Resource
from ._transport import QueryValue, Request, Transport
from .errors import WebhookNotFound
from .types import StatementLine, UsageItem


class ApiKey(types.ApiKey, Resource):
    """An API key, without its secret."""

    __slots__ = ()

    def rotate(
        self, *, overlap_seconds: Optional[int] = None, comment: Optional[str] = None
    ) -> types.CreatedApiKey:
        """Puts a new key in the place of this one, and shows it, this once. Both count for the overlap.

        Args:
            overlap_seconds: How long this key goes on to count; a day by default.
            comment: Why, in your own words, at most 500 characters: the events of the command keep it.

        Raises:
            RegistryError: The command is refused, with ``ApiKeyEnded`` for example.
            OutcomeUnknown: It may have been done. Rotate the key again, and revoke the one that nobody has.
        """
        return rotate_key(self._transport, self.prefix, overlap_seconds, comment)

    def revoke(self, *, comment: Optional[str] = None) -> ApiKey:
        """Ends the key. No request that begins after the answer may use it.

        Args:
            comment: Why, in your own words, at most 500 characters: the events of the command keep it.

        Raises:
            RegistryError: The command is refused.
            OutcomeUnknown: It may have been done.
        """
        request = Request(operations.REVOKE_API_KEY, {"prefix": self.prefix}, query={"comment": comment})
        self._become(*self._transport.send(request))
        return self


class Webhook(types.Webhook, Resource):
    """An address that events are sent to."""

    __slots__ = ()

    def refresh(self) -> Webhook:
        """Reads the webhook anew, and gives it back."""
        self._become(*self._transport.send(Request(operations.GET_WEBHOOK, {"id": self.id})))
        return self

    def update(
        self,
        *,
        url: Union[str, Unset] = UNSET,
        types: Union[Iterable[types.EventType], None, Unset] = UNSET,
        model: Union[str, None, Unset] = UNSET,
        description: Union[str, None, Unset] = UNSET,
        state: Union[types.WebhookState, Unset] = UNSET,
        comment: Optional[str] = None,
    ) -> Webhook:
        """Changes the webhook. What is not named stays.

        Args:
            url: Where events are sent to.
            types: The types of events it is told of, or None for all.
            model: The only model it is told of, by id or name, or None for all.
            description: Free text, or None for none.
            state: ``enabled`` or ``disabled``.
            comment: Why, in your own words, at most 500 characters: the events of the command keep it.

        Raises:
            RegistryError: The command is refused.
            OutcomeUnknown: It may have been done.
        """
        told = types if types is UNSET or types is None else list(types)
        body = {
            **given(url=url, types=told, model=model, description=description, state=state),
            **present(comment=comment),
        }
        self._become(*self._transport.send(Request(operations.PATCH_WEBHOOK, {"id": self.id}, body=body)))
        return self

    def delete(self, *, comment: Optional[str] = None) -> Webhook:
        """Deletes the webhook.

        Args:
            comment: Why, in your own words, at most 500 characters: the events of the command keep it.

        Raises:
            RegistryError: The command is refused.
            OutcomeUnknown: It may have been done.
        """

        def settle(error: RegistryError) -> Optional[Dict[str, Any]]:
            return self.raw if isinstance(error, WebhookNotFound) else None

        query = {"comment": comment}
        request = Request(operations.DELETE_WEBHOOK, {"id": self.id}, query=query, settle=settle)
        self._become(*self._transport.send(request))
        return self

    def rotate_secret(self, *, comment: Optional[str] = None) -> types.WebhookSecret:
        """Makes a new secret, and shows it, this once. For a day deliveries are signed with the one before it too.

        Args:
            comment: Why, in your own words, at most 500 characters: the events of the command keep it.

        Raises:
            RegistryError: The command is refused.
            OutcomeUnknown: It may have been done.
        """
        query = {"comment": comment}
        request = Request(operations.ROTATE_WEBHOOK_SECRET, {"id": self.id}, query=query, is_repeatable=False)
        return types.WebhookSecret(self._transport.send(request).document)

    def redeliver(self, from_: Union[int, str], *, comment: Optional[str] = None) -> Webhook:
        """Delivers an event and all behind it again.

        Args:
            from_: The id of the event.
            comment: Why, in your own words, at most 500 characters: the events of the command keep it.

        Raises:
            RegistryError: The command is refused, with ``HistoryRemoved`` for example.
            OutcomeUnknown: It may have been done.
        """
        request = Request(operations.REDELIVER, {"id": self.id}, query={"from": from_, "comment": comment})
        self._become(*self._transport.send(request))
        return self

    def deliveries(self) -> List[types.Delivery]:
        """The last attempts, newest first."""
        request = Request(operations.LIST_DELIVERIES, {"id": self.id})
        return types.DeliveryList(self._transport.send(request).document).deliveries


class Rates(types.Rates, Resource):
    """The rates of a workspace, and their entity tag."""

    __slots__ = ()


class Usage(types.UsageAnswer):
    """Active time and its cost. Iterate over it for its lines; all of them tell of the instant ``as_of``."""

    __slots__ = ("_transport", "_query")

    def __init__(self, transport: Transport, query: Mapping[str, QueryValue]) -> None:
        self._transport = transport
        self._query = query
        super().__init__(
            transport.send(Request(operations.GET_USAGE, query={**query, "page_size": PAGE_SIZE})).document
        )

    def __iter__(self) -> Pages[UsageItem]:
        """The lines; further pages are asked for when they are needed."""
        return Pages(self._transport, operations.GET_USAGE, UsageItem, {}, self._query, first=self.raw)

    @property
    def items(self) -> List[UsageItem]:
        """All lines."""
        return list(self)


class MonthlyStatement(types.StatementPage):
    """The bill of a month. Iterate over it for its lines; the totals are those of all lines."""

    __slots__ = ("_transport", "_path")

    def __init__(self, transport: Transport, month: str) -> None:
        self._transport = transport
        self._path = {"month": month}
        request = Request(operations.GET_STATEMENT, self._path, query={"page_size": PAGE_SIZE})
        super().__init__(transport.send(request).document)

    def __iter__(self) -> Pages[StatementLine]:
        """The lines; further pages are asked for when they are needed."""
        transport, get = self._transport, operations.GET_STATEMENT
        return Pages(transport, get, StatementLine, self._path, first=self.raw, member="lines")

    @property
    def lines(self) -> List[StatementLine]:
        """All lines."""
        return list(self)


def rotate_key(
    transport: Transport, prefix: str, overlap_seconds: Optional[int], comment: Optional[str]
) -> types.CreatedApiKey:
    """Puts a new key in the place of one."""
    body = present(overlap_seconds=overlap_seconds, comment=comment)
    request = Request(operations.ROTATE_API_KEY, {"prefix": prefix}, body=body or None, is_repeatable=False)
    return types.CreatedApiKey(transport.send(request).document)
