"""Models and versions, with what can be done to them."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Iterable, Iterator, List, Literal, Mapping, NoReturn, Optional, Tuple, Union

from . import _operations as operations
from . import types
from ._calls import Prediction, PredictionStream, Stream, read_prediction
from ._commands import (
    UNSET,
    Unset,
    VersionRef,
    from_body,
    given,
    id_of,
    label_filter,
    listed,
    present,
    servers_body,
    serving_body,
    type_filter,
)
from ._document import Document
from ._errors import RegistryError, StartFailed, TimedOut
from ._lists import Follower, Pages
from ._transport import Operation, QueryValue, Request, Transport
from .errors import ModelDeleted, VersionDeleted
from .types import Event

_NUMBER = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?")
_WAIT_SLICE = 30  # seconds of one waiting request; many load balancers cut off at 60
_POLL_INTERVAL = 1.0
_LOG_TAIL_LINES = 50

Settle = Callable[[RegistryError], Optional[Dict[str, Any]]]


class Resource(Document):
    """A document that commands and reads bring up to date."""

    __slots__ = ("_transport", "_etag")

    def __init__(self, transport: Transport, raw: Mapping[str, Any], etag: Optional[str] = None) -> None:
        super().__init__(raw)
        self._transport = transport
        self._etag = etag

    @property
    def etag(self) -> Optional[str]:
        """The entity tag, for ``if_match``. None where the registry has not told it: ``refresh()`` asks for it."""
        return self._etag

    def _become(self, raw: Mapping[str, Any], etag: Optional[str] = None) -> None:
        self._raw = dict(raw)
        self._etag = etag

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} belongs to its client and can't be pickled or copied; take its id or raw"
        )


class Version(types.Version, Resource):
    """A version of a model.

    Its attributes are as the registry answered last: commands bring them up to date, and so does ``refresh()``.

    >>> version = registry.register("wine", serving_url=serving_url)
    >>> version.version, version.state
    ('0.1.0', 'draft')
    >>> version.publish().changed
    True
    >>> version.state, version.is_primary
    ('published', True)
    """

    __slots__ = ()

    def refresh(self) -> Version:
        """Reads the version anew, whatever its state, and gives it back."""
        self._become(*self._transport.send(Request(operations.GET_VERSION, {"id": self.id})))
        return self

    def publish(
        self,
        *,
        promote: Optional[bool] = None,
        from_: Union[VersionRef, None, Unset] = UNSET,
        aliases: Optional[Iterable[str]] = None,
        force: bool = False,
        comment: Optional[str] = None,
        dry_run: bool = False,
        if_match: Optional[str] = None,
    ) -> types.CommandAnswer:
        """Publishes a draft.

        Args:
            promote: Whether it claims to be the primary. By default it does if its number was the model's highest,
                and the model's policy is ``latest_published``.
            from_: With ``promote=True``: the version that must be primary now, or None for none.
            aliases: The names of aliases that it claims: each points to it as soon as it is ready.
            force: With ``promote=True``: claims although it is unhealthy.
            dry_run: Only says what would happen.
            if_match: The entity tag that the version must have.
            comment: Why, in your own words, at most 500 characters: the events of the command keep it.

        Raises:
            RegistryError: The command is refused, with ``VersionInactive`` or ``PrimaryMoved`` for example.
            OutcomeUnknown: It may have been done.
        """
        return self._command(
            operations.PUBLISH,
            {
                **present(promote=promote, aliases=listed("aliases", aliases), force=force or None, comment=comment),
                **from_body(from_),
            },
            dry_run,
            if_match,
            # Publishing twice changes nothing, unless it claims the primary twice.
            is_repeatable=promote is not True or from_ is not UNSET,
        )

    def promote(
        self,
        *,
        from_: Union[VersionRef, None, Unset] = UNSET,
        force: bool = False,
        comment: Optional[str] = None,
        dry_run: bool = False,
        if_match: Optional[str] = None,
    ) -> types.CommandAnswer:
        """Makes the version the primary: it answers calls that name no version.

        >>> old = registry.register("tea", serving_url=serving_url, publish=True)
        >>> new = registry.register("tea", serving_url=serving_url, publish=True, promote=False)
        >>> new.promote(from_=old).primary_change.to == new.id
        True

        Args:
            from_: The version that must be primary now, or None for none. With it the command is safe to repeat, and
                is.
            force: Promotes it although it is unhealthy.
            dry_run: Only says what would happen.
            if_match: The entity tag that the version must have.
            comment: Why, in your own words, at most 500 characters: the events of the command keep it.

        Raises:
            RegistryError: The command is refused, with ``NotRoutable`` or ``PrimaryMoved`` for example.
            OutcomeUnknown: It may have been done.
        """
        return self._command(
            operations.PROMOTE,
            {**from_body(from_), **present(force=force or None, comment=comment)},
            dry_run,
            if_match,
            is_repeatable=from_ is not UNSET,
        )

    def activate(
        self,
        *,
        serving_url: Optional[str] = None,
        health_url: Optional[str] = None,
        startup_timeout_seconds: Optional[int] = None,
        served_name: Optional[str] = None,
        openai_paths: Optional[Iterable[str]] = None,
        servers: Optional[Iterable[Union[str, types.ServerSpec]]] = None,
        min_ready: Optional[int] = None,
        repeatable: Optional[bool] = None,
        probe_seconds: Optional[int] = None,
        runtime: Optional[types.RuntimeSpec] = None,
        comment: Optional[str] = None,
        dry_run: bool = False,
        if_match: Optional[str] = None,
    ) -> types.CommandAnswer:
        """Brings an inactive or failed version back; ``wait()`` says when it is ready. See ``Client.register``, too.

        Args:
            serving_url: Where it answers from now on; by default where it answered before.
            runtime: How the registry runs it from now on, such as ``{"environment": "default"}``; by default as before.
            dry_run: Only says what would happen.
            if_match: The entity tag that the version must have.
            comment: Why, in your own words, at most 500 characters: the events of the command keep it.

        Raises:
            RegistryError: The command is refused, with ``VersionActive`` or ``VersionDeleted`` for example.
            OutcomeUnknown: It may have been done.
        """
        serving = serving_body(
            serving_url,
            health_url,
            startup_timeout_seconds,
            served_name,
            openai_paths,
            servers,
            min_ready,
            repeatable,
            probe_seconds,
        )
        body = present(serving=serving, runtime=runtime, comment=comment)
        return self._command(operations.ACTIVATE, body, dry_run, if_match)

    def servers(self) -> List[types.Server]:
        """The servers as they are now, and whether they are up. ``serving.servers`` has them as it was read last."""
        return types.ServerList(self._transport.send(Request(operations.GET_SERVERS, {"id": self.id})).document).servers

    def put_servers(
        self,
        servers: Iterable[Union[str, types.ServerSpec]],
        *,
        drain: Optional[int] = None,
        comment: Optional[str] = None,
        dry_run: bool = False,
        if_match: Optional[str] = None,
    ) -> types.PutServersAnswer:
        """Replaces the servers, without a start: no call that begins after the answer reaches another one.

        A new server is called when its health URL has answered 2xx: add, wait until ``servers`` says that it is up, and
        remove.

        >>> version = registry.register("oats", serving_url=serving_url, publish=True)
        >>> version.put_servers([serving_url, serving_url + "/other"]).changed
        True
        >>> [server.state for server in version.servers()]
        ['up', 'up']

        Args:
            servers: All of them from now on, 1 to 64: addresses, or ``{"url": …, "health_url": …}``.
            drain: For how many seconds the answer waits for calls that still run; ``in_flight_left`` says how many
                were left.
            dry_run: Only says what would happen.
            if_match: The entity tag that the version must have.
            comment: Why, in your own words, at most 500 characters: the events of the command keep it.

        Raises:
            RegistryError: The command is refused, with ``NoServerLeft`` or ``TooManyServers`` for example.
            OutcomeUnknown: It may have been done.
        """
        document = self._send(
            operations.PUT_SERVERS,
            {"servers": servers_body(servers), **present(comment=comment)},
            dry_run,
            if_match,
            query={"drain_seconds": drain},
            patience=drain or 0,
        )
        return types.PutServersAnswer(document)

    def deactivate(
        self,
        *,
        promote_to: Optional[VersionRef] = None,
        refuse_if_primary: bool = False,
        refuse_if_referenced: bool = False,
        drain: Optional[int] = None,
        force: bool = False,
        comment: Optional[str] = None,
        dry_run: bool = False,
        if_match: Optional[str] = None,
    ) -> types.StopAnswer:
        """Takes the version out of routing, at once.

        Args:
            promote_to: The version that becomes primary, if this one is. By default the registry chooses.
            refuse_if_primary: Refuses with ``IsPrimary`` if it is the primary.
            refuse_if_referenced: Refuses with ``VersionReferenced`` if it is the primary, or an alias points to it.
            drain: For how many seconds the answer waits for calls that still run; ``in_flight_left`` says how many
                were left.
            force: Promotes ``promote_to`` although that is unhealthy.
            dry_run: Only says what would happen, in ``traffic`` whether the version is in use, and in
                ``references`` what refers to it.
            if_match: The entity tag that the version must have.
            comment: Why, in your own words, at most 500 characters: the events of the command keep it.

        Raises:
            RegistryError: The command is refused.
            OutcomeUnknown: It may have been done.
        """
        document = self._send(
            operations.DEACTIVATE,
            {
                **present(
                    promote_to=None if promote_to is None else id_of(promote_to),
                    force=force or None,
                    refuse_if_primary=refuse_if_primary or None,
                    refuse_if_referenced=refuse_if_referenced or None,
                    drain_seconds=drain,
                    comment=comment,
                ),
            },
            dry_run,
            if_match,
            patience=drain or 0,
        )
        return types.StopAnswer(document)

    def delete(
        self,
        *,
        promote_to: Optional[VersionRef] = None,
        refuse_if_primary: bool = False,
        refuse_if_referenced: bool = False,
        release_aliases: bool = False,
        drain: Optional[int] = None,
        force: bool = False,
        comment: Optional[str] = None,
        dry_run: bool = False,
        if_match: Optional[str] = None,
    ) -> types.StopAnswer:
        """Deletes the version, at once and for ever. Deleting the last one of a model deletes the model.

        Its number stays taken, and its history stays readable.

        Args:
            promote_to: The version that becomes primary, if this one is. By default the registry chooses.
            refuse_if_primary: Refuses with ``IsPrimary`` if it is the primary.
            refuse_if_referenced: Refuses with ``VersionReferenced`` if it is the primary, or an alias points to it.
            release_aliases: Deletes it although a protected alias points to it.
            drain: For how many seconds the answer waits for calls that still run; ``in_flight_left`` says how many
                were left.
            force: Promotes ``promote_to`` although that is unhealthy.
            dry_run: Only says what would happen, in ``traffic`` whether the version is in use, and in
                ``references`` what refers to it.
            if_match: The entity tag that the version must have.
            comment: Why, in your own words, at most 500 characters: the events of the command keep it.

        Raises:
            RegistryError: The command is refused.
            OutcomeUnknown: It may have been done.
        """
        document = self._send(
            operations.DELETE_VERSION,
            {},
            dry_run,
            if_match,
            query={
                "promote_to": None if promote_to is None else id_of(promote_to),
                "force": force or None,
                "refuse_if_primary": refuse_if_primary or None,
                "refuse_if_referenced": refuse_if_referenced or None,
                "release_aliases": release_aliases or None,
                "drain_seconds": drain,
                "comment": comment,
            },
            patience=drain or 0,
            settle=self._settle_deletion,
        )
        return types.StopAnswer(document)

    def update(
        self,
        *,
        description: Union[str, None, Unset] = UNSET,
        labels: Union[Mapping[str, Optional[str]], None, Unset] = UNSET,
        comment: Optional[str] = None,
        dry_run: bool = False,
        if_match: Optional[str] = None,
    ) -> Version:
        """Changes the description and labels. Labels that are not named stay; one with the value None goes.

        Args:
            description: Free text, or None for none.
            labels: Labels to set and to remove, or None to remove all.
            dry_run: Only says what would happen: in a version of its own, and this one stays as it is.
            if_match: The entity tag that the version must have.
            comment: Why, in your own words, at most 500 characters: the events of the command keep it.

        Raises:
            RegistryError: The command is refused.
            OutcomeUnknown: It may have been done.
        """
        answer = self._transport.send(
            Request(
                operations.PATCH_VERSION,
                {"id": self.id},
                query={"dry_run": dry_run or None},
                headers={"If-Match": if_match},
                body={**given(description=description, labels=_plain(labels)), **present(comment=comment)},
            )
        )
        if dry_run:
            return Version(self._transport, *answer)
        self._become(*answer)
        return self

    def wait(self, until: Literal["ready", "primary", "stopped"] = "ready", *, timeout: float = 900.0) -> Version:
        """Waits until the version is ready, until it is the primary, or until it is stopped.

        >>> registry.register("rice", serving_url=serving_url, publish=True, wait=False).wait("primary").is_primary
        True

        Args:
            until: ``ready``, ``primary`` or ``stopped``. A version becomes the primary by a publish that claims it, or
                by ``promote()``. It is stopped when it is inactive or deleted.
            timeout: After how many seconds to give up.

        Raises:
            StartFailed: It will not become ready: its start failed, or it is inactive or deleted.
            TimedOut: It took longer than ``timeout``.
        """
        if until not in ("ready", "primary", "stopped"):
            raise ValueError(f"until is {until!r}, and must be 'ready', 'primary' or 'stopped'")
        clock = self._transport.clock
        end = clock.now() + timeout
        while True:
            remaining = end - clock.now()
            begun = clock.now()
            seconds = max(1, int(min(_WAIT_SLICE, remaining)))
            request = Request(
                operations.GET_VERSION,
                {"id": self.id},
                query={"wait": until, "timeout_seconds": seconds},
                patience=seconds,
            )
            self._become(*self._transport.send(request))
            if until == "stopped":
                is_so, state = self.state in ("inactive", "deleted"), f"still {self.state}"
            else:
                is_ready = self._is_ready()
                is_so = is_ready and (until == "ready" or self.is_primary)
                state = "ready, but not the primary," if is_ready else "not ready"
            if is_so:
                return self
            remaining = end - clock.now()
            if remaining <= 0:
                raise TimedOut(
                    f"version {self.version} of {self.model_name} ({self.id}) is {state} after {timeout:g} seconds"
                )
            # The registry answers at once where there is no start to wait for.
            if clock.now() - begun < _POLL_INTERVAL:
                clock.sleep(min(_POLL_INTERVAL, remaining))

    def predict(
        self, inputs: Any = None, *, content_type: Optional[str] = None, timeout: Optional[float] = None
    ) -> Prediction:
        """Calls this version, whether it is the primary or not. See ``Client.predict``."""
        return call(self._transport, operations.PREDICT_VERSION, {"id": self.id}, inputs, content_type, timeout)

    def stream(
        self, inputs: Any = None, *, content_type: Optional[str] = None, timeout: Optional[float] = None
    ) -> PredictionStream:
        """Calls this version, and gives its answer in parts. See ``Client.stream``."""
        return call_stream(self._transport, operations.PREDICT_VERSION, {"id": self.id}, inputs, content_type, timeout)

    def events(
        self,
        *,
        types: Union[types.EventType, Iterable[types.EventType], None] = None,
        after: Union[int, str, None] = None,
        actor: Optional[str] = None,
        since: Optional[str] = None,
        until: Optional[str] = None,
        order_by: Optional[types.EventOrder] = None,
        follow: bool = False,
    ) -> Stream[Event]:
        """The events of this version, oldest first. See ``Client.events``."""
        query = event_query(types, after, actor, since, until, order_by)
        return events(self._transport, operations.LIST_VERSION_EVENTS, {"id": self.id}, query, follow)

    def traffic(self) -> types.Traffic:
        """Whether the version is in use: its calls and errors, how many run now, and those of each minute and hour."""
        return types.Traffic(self._transport.send(Request(operations.GET_VERSION_TRAFFIC, {"id": self.id})).document)

    def usage(self) -> types.VersionUsage:
        """The active time of the version so far, in seconds by stage."""
        return types.VersionUsage(self._transport.send(Request(operations.GET_VERSION_USAGE, {"id": self.id})).document)

    def logs(
        self, *, tail: Optional[int] = None, after: Optional[int] = None, follow: bool = False
    ) -> Stream[types.LogLine]:
        """The lines that the version's processes wrote, oldest first, of a version that the registry runs.

        It needs the role deployer or a higher one.

        Args:
            tail: The last so many lines, 100 by default.
            after: The lines behind the one with this number.
            follow: Goes on with the lines that are written, until the stream is closed.
        """
        path, query = {"id": self.id}, {"tail": tail, "after": after}
        if follow:
            return Follower(self._transport, operations.GET_VERSION_LOG, types.LogLine, path, query).stream()
        log = types.VersionLog(self._transport.send(Request(operations.GET_VERSION_LOG, path, query=query)).document)
        return Stream(iter(log.lines), lambda: None)

    def _is_ready(self) -> bool:
        serving = self.serving
        status = "ready" if serving is None else serving.status
        if self.state in ("inactive", "deleted"):
            reason = f"it is {self.state}"
        elif status == "failed":
            reason = (serving.message if serving is not None else None) or "its start failed"
        else:
            return status in ("ready", "idle")
        error = StartFailed(f"version {self.version} of {self.model_name} will not become ready: {reason}")
        error.version = self
        error.log_tail = self._log_tail()
        raise error

    def _log_tail(self) -> Optional[str]:
        if self.runtime is None:
            return None
        try:
            return "\n".join(line.text for line in self.logs(tail=_LOG_TAIL_LINES)) or None
        except RegistryError:
            # The failed start is what matters. Only deployers read logs.
            return None

    def _command(
        self,
        operation: Operation,
        body: Dict[str, Any],
        dry_run: bool,
        if_match: Optional[str],
        *,
        is_repeatable: bool = True,
    ) -> types.CommandAnswer:
        return types.CommandAnswer(self._send(operation, body, dry_run, if_match, is_repeatable=is_repeatable))

    def _send(
        self,
        operation: Operation,
        body: Dict[str, Any],
        dry_run: bool,
        if_match: Optional[str],
        *,
        query: Mapping[str, QueryValue] = {},
        is_repeatable: bool = True,
        settle: Optional[Settle] = None,
        patience: float = 0.0,
    ) -> Dict[str, Any]:
        request = Request(
            operation,
            {"id": self.id},
            query={**query, "dry_run": dry_run or None},
            headers={"If-Match": if_match},
            body=body or None,
            is_command=not dry_run,
            is_repeatable=is_repeatable or dry_run,
            patience=patience,
            settle=settle,
        )
        document = self._transport.send(request).document
        if not dry_run:
            self._become(document["version"])
        return document

    def _settle_deletion(self, error: RegistryError) -> Optional[Dict[str, Any]]:
        """After a lost answer the version is deleted. Where the primary went is not known any more."""
        if not isinstance(error, VersionDeleted):
            return None
        try:
            self._transport.send(Request(operations.GET_MODEL, {"model": self.model_id}))
            model_deleted = False
        except ModelDeleted:
            model_deleted = True
        return {
            "version": self.refresh().raw,
            "changed": True,
            "primary_change": None,
            "model_deleted": model_deleted,
            "alias_changes": [],
            "references": None,
            "traffic": None,
            "in_flight_left": None,
        }


class Model(types.Model, Resource):
    """A model: a name with a sequence of versions.

    Its attributes are as the registry answered last: ``update`` and ``refresh()`` bring them up to date.

    >>> _ = registry.register("barley", serving_url=serving_url, publish=True)
    >>> model = registry.model("barley")
    >>> model.latest_version, model.primary.version
    ('0.1.0', '0.1.0')
    >>> [version.version for version in model.versions()]
    ['0.1.0']
    """

    __slots__ = ()

    def refresh(self) -> Model:
        """Reads the model anew, and gives it back."""
        self._become(*self._transport.send(Request(operations.GET_MODEL, {"model": self.id})))
        return self

    def versions(
        self,
        *,
        state: Optional[types.VersionState] = None,
        labels: Optional[Mapping[str, str]] = None,
        external_id: Optional[str] = None,
        number: Optional[str] = None,
        order_by: Optional[types.VersionOrder] = None,
    ) -> Iterator[Version]:
        """The versions, newest first. Deleted ones are listed only with ``state="deleted"``.


        Args:
            state: Only those in this state.
            labels: Only those that have all these labels.
            external_id: Only those with this id of yours.
            number: Only those whose number begins so: ``19.``.
            order_by: ``-created_at`` by default, or ``-number`` for the highest precedence first.
        """
        return Pages(
            self._transport,
            operations.LIST_VERSIONS,
            lambda raw: Version(self._transport, raw),
            {"model": self.id},
            {
                "state": state,
                "label": label_filter(labels),
                "external_id": external_id,
                "number": number,
                "order_by": order_by,
            },
        )

    def version(self, selector: Optional[str] = None) -> Version:
        """The version that a selector leads to.

        Args:
            selector: A number (``1.2.0``), whatever the version's state; a range (``^1.2``); an id; an alias
                (``@staging``); or nothing for the primary.

        Raises:
            RegistryError: There is none: ``VersionNotFound``, ``NoMatchingVersion`` or ``NoPrimary`` for example.
        """
        return find_version(self._transport, self.id, selector)

    def traffic(self) -> Iterator[types.VersionTraffic]:
        """The traffic of the active versions, newest first. See ``Version.traffic``."""
        return Pages(self._transport, operations.GET_MODEL_TRAFFIC, types.VersionTraffic, {"model": self.id})

    def resolve(self, selector: Optional[str] = None, *, explain: bool = False) -> types.ResolveAnswer:
        """Which version a selector leads to now, and where it answers. See ``version``.

        Args:
            selector: A number, a range or an id; or nothing for the primary.
            explain: Also tells in ``nearest`` of the ten versions nearest to it, and why each was not taken.
        """
        query: Dict[str, QueryValue] = {"version": selector, "explain": explain or None}
        request = Request(operations.RESOLVE, {"model": self.id}, query=query)
        return types.ResolveAnswer(self._transport.send(request).document)

    def primary_history(self, *, at: Optional[str] = None) -> Iterator[types.PrimaryPeriod]:
        """What was primary when, by whom and why; newest first.

        >>> _ = registry.register("peas", serving_url=serving_url, publish=True, comment="The first peas")
        >>> [(period.version, period.comment) for period in registry.model("peas").primary_history()]
        [('0.1.0', 'The first peas')]

        Args:
            at: Only the period that this instant falls into: a date or an RFC 3339 time. Its version is None where
                nothing was primary.

        Raises:
            RegistryError: Nobody knows any more: ``HistoryRemoved``.
        """
        path = {"model": self.id}
        return Pages(self._transport, operations.LIST_PRIMARIES, types.PrimaryPeriod, path, {"at": at})

    def rollback(
        self,
        *,
        from_: Union[VersionRef, None, Unset] = UNSET,
        force: bool = False,
        comment: Optional[str] = None,
        dry_run: bool = False,
        if_match: Optional[str] = None,
    ) -> types.CommandAnswer:
        """Goes back to the primary before the present one.

        >>> first = registry.register("soup", serving_url=serving_url, publish=True)
        >>> second = registry.register("soup", serving_url=serving_url, publish=True)
        >>> registry.model("soup").rollback(from_=second).version.version
        '0.1.0'

        Args:
            from_: The version that must be primary now, or None for none. With it the command is safe to repeat, and
                is.
            force: Goes back although that version is unhealthy.
            dry_run: Only says what would happen.
            if_match: The entity tag that the model must have.
            comment: Why, in your own words, at most 500 characters: the events of the command keep it.

        Raises:
            RegistryError: The command is refused, with ``NoPreviousPrimary`` or ``PrimaryMoved`` for example.
            OutcomeUnknown: It may have been done.
        """
        request = Request(
            operations.ROLLBACK,
            {"model": self.id},
            query={"dry_run": dry_run or None},
            headers={"If-Match": if_match},
            body={**from_body(from_), **present(force=force or None, comment=comment)} or None,
            is_command=not dry_run,
            is_repeatable=from_ is not UNSET or dry_run,
        )
        return types.CommandAnswer(self._transport.send(request).document)

    def list_aliases(self) -> List[types.Alias]:
        """The aliases as they are now. ``aliases`` has them as the model was read last."""
        answer = self._transport.send(Request(operations.LIST_ALIASES, {"model": self.id}))
        return types.AliasList(answer.document).items

    def alias(self, name: str) -> types.Alias:
        """An alias, with the last versions that it has pointed to.

        Raises:
            RegistryError: There is none: ``AliasNotFound``.
        """
        path = {"model": self.id, "alias": name}
        return types.Alias(self._transport.send(Request(operations.GET_ALIAS, path)).document)

    def set_alias(
        self,
        name: str,
        version: VersionRef,
        *,
        from_: Union[VersionRef, None, Unset] = UNSET,
        protected: Optional[bool] = None,
        comment: Optional[str] = None,
        dry_run: bool = False,
        if_match: Optional[str] = None,
    ) -> types.AliasAnswer:
        """Points an alias to a version that is ready. An alias that does not exist is made.

        >>> first = registry.register("leek", serving_url=serving_url, publish=True)
        >>> model = registry.model("leek")
        >>> model.set_alias("staging", first, from_=None).alias.version
        '0.1.0'
        >>> model.set_alias("production", "@staging").changed
        True
        >>> model.resolve("@production").version
        '0.1.0'

        Args:
            name: The name of the alias, without ``@``.
            version: The version, its number or id; ``@`` and the name of another alias; or ``@primary``.
            from_: The version that the alias must point to now, or None for none. With it the command is safe to
                repeat, and is.
            protected: Whether only an admin moves it from now on. Needs the role admin.
            dry_run: Only says what would happen.
            if_match: The entity tag that the model must have.
            comment: Why, in your own words, at most 500 characters: the events of the command keep it.

        Raises:
            RegistryError: The command is refused, with ``NotRoutable`` or ``AliasMoved`` for example.
            OutcomeUnknown: It may have been done.
        """
        body = {"version": id_of(version), **from_body(from_), **present(protected=protected, comment=comment)}
        return self._alias_command(operations.SET_ALIAS, name, body, dry_run, if_match, from_ is not UNSET)

    def rollback_alias(
        self,
        name: str,
        *,
        from_: Union[VersionRef, None, Unset] = UNSET,
        comment: Optional[str] = None,
        dry_run: bool = False,
        if_match: Optional[str] = None,
    ) -> types.AliasAnswer:
        """Points an alias to the version before the present one that is still ready.

        Args:
            name: The name of the alias, without ``@``.
            from_: The version that the alias must point to now, or None for none. With it the command is safe to
                repeat, and is.
            dry_run: Only says what would happen.
            if_match: The entity tag that the model must have.
            comment: Why, in your own words, at most 500 characters: the events of the command keep it.

        Raises:
            RegistryError: The command is refused, with ``NoPreviousTarget`` or ``AliasMoved`` for example.
            OutcomeUnknown: It may have been done.
        """
        body = {**from_body(from_), **present(comment=comment)}
        return self._alias_command(operations.ROLLBACK_ALIAS, name, body, dry_run, if_match, from_ is not UNSET)

    def remove_alias(
        self,
        name: str,
        *,
        from_: Optional[VersionRef] = None,
        comment: Optional[str] = None,
        dry_run: bool = False,
        if_match: Optional[str] = None,
    ) -> types.AliasAnswer:
        """Removes an alias. Its name may be used again.

        Args:
            name: The name of the alias, without ``@``.
            from_: The version that the alias must point to now. By default any, or none.
            dry_run: Only says what would happen.
            if_match: The entity tag that the model must have.
            comment: Why, in your own words, at most 500 characters: the events of the command keep it.

        Raises:
            RegistryError: The command is refused, with ``AliasMoved`` for example.
            OutcomeUnknown: It may have been done.
        """
        query = {"from": None if from_ is None else id_of(from_), "comment": comment}
        return self._alias_command(operations.REMOVE_ALIAS, name, {}, dry_run, if_match, False, query)

    def _alias_command(
        self,
        operation: Operation,
        name: str,
        body: Dict[str, Any],
        dry_run: bool,
        if_match: Optional[str],
        is_repeatable: bool,
        query: Mapping[str, QueryValue] = {},
    ) -> types.AliasAnswer:
        request = Request(
            operation,
            {"model": self.id, "alias": name},
            query={**query, "dry_run": dry_run or None},
            headers={"If-Match": if_match},
            body=body or None,
            is_command=not dry_run,
            is_repeatable=is_repeatable or dry_run,
        )
        return types.AliasAnswer(self._transport.send(request).document)

    def update(
        self,
        *,
        description: Union[str, None, Unset] = UNSET,
        labels: Union[Mapping[str, Optional[str]], None, Unset] = UNSET,
        primary_policy: Union[types.PrimaryPolicy, Unset] = UNSET,
        protected: Union[bool, Unset] = UNSET,
        on_unhealthy: Union[types.OnUnhealthy, Unset] = UNSET,
        fall_back_seconds: Union[int, Unset] = UNSET,
        comment: Optional[str] = None,
        dry_run: bool = False,
        if_match: Optional[str] = None,
    ) -> Model:
        """Changes the model. Labels that are not named stay; one with the value None goes.

        Args:
            description: Free text, or None for none.
            labels: Labels to set and to remove, or None to remove all.
            primary_policy: What a publish that says nothing does to the primary. Needs the role admin.
            protected: Whether only an admin moves the primary. Needs the role admin.
            on_unhealthy: What happens to an unhealthy primary. Needs the role admin.
            fall_back_seconds: After how long it falls back. Needs the role admin.
            dry_run: Only says what would happen: in a model of its own, and this one stays as it is.
            if_match: The entity tag that the model must have.
            comment: Why, in your own words, at most 500 characters: the events of the command keep it.

        Raises:
            RegistryError: The command is refused.
            OutcomeUnknown: It may have been done.
        """
        body = {
            **given(
                description=description,
                labels=_plain(labels),
                primary_policy=primary_policy,
                protected=protected,
                on_unhealthy=on_unhealthy,
                fall_back_seconds=fall_back_seconds,
            ),
            **present(comment=comment),
        }
        answer = self._transport.send(
            Request(
                operations.PATCH_MODEL,
                {"model": self.id},
                query={"dry_run": dry_run or None},
                headers={"If-Match": if_match},
                body=body,
            )
        )
        if dry_run:
            return Model(self._transport, *answer)
        self._become(*answer)
        return self

    def delete(
        self,
        *,
        confirm: str,
        release_aliases: bool = False,
        comment: Optional[str] = None,
        dry_run: bool = False,
        if_match: Optional[str] = None,
    ) -> types.DeletedModel:
        """Deletes the model with all its versions, at once and for ever.

        Args:
            confirm: The model's name, so that no other one is meant.
            release_aliases: Deletes it although one of its aliases is protected.
            dry_run: Only says what would happen.
            if_match: The entity tag that the model must have.
            comment: Why, in your own words, at most 500 characters: the events of the command keep it.

        Raises:
            ValueError: ``confirm`` is another name.
            RegistryError: The command is refused.
            OutcomeUnknown: It may have been done.
        """
        if confirm != self.name:
            raise ValueError(f"confirm is {confirm!r}, and the model's name is {self.name!r}")

        def settle(error: RegistryError) -> Optional[Dict[str, Any]]:
            return {"id": self.id, "deleted": True} if isinstance(error, ModelDeleted) else None

        request = Request(
            operations.DELETE_MODEL,
            {"model": self.id},
            query={
                "release_aliases": True if release_aliases else None,
                "comment": comment,
                "dry_run": dry_run or None,
            },
            headers={"If-Match": if_match},
            settle=settle,
        )
        return types.DeletedModel(self._transport.send(request).document)

    def predict(
        self,
        inputs: Any = None,
        *,
        version: Optional[str] = None,
        content_type: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> Prediction:
        """Calls the model. See ``Client.predict``."""
        return call(self._transport, operations.PREDICT, {"model": self.id}, inputs, content_type, timeout, version)

    def stream(
        self,
        inputs: Any = None,
        *,
        version: Optional[str] = None,
        content_type: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> PredictionStream:
        """Calls the model, and gives its answer in parts. See ``Client.stream``."""
        path = {"model": self.id}
        return call_stream(self._transport, operations.PREDICT, path, inputs, content_type, timeout, version)

    def events(
        self,
        *,
        types: Union[types.EventType, Iterable[types.EventType], None] = None,
        after: Union[int, str, None] = None,
        actor: Optional[str] = None,
        since: Optional[str] = None,
        until: Optional[str] = None,
        order_by: Optional[types.EventOrder] = None,
        follow: bool = False,
    ) -> Stream[Event]:
        """The events of the model and its versions, oldest first. See ``Client.events``."""
        query = event_query(types, after, actor, since, until, order_by)
        return events(self._transport, operations.LIST_MODEL_EVENTS, {"model": self.id}, query, follow)


def _plain(labels: Union[Mapping[str, Optional[str]], None, Unset]) -> Any:
    return dict(labels) if isinstance(labels, Mapping) else labels


def find_version(transport: Transport, model: str, selector: Optional[str]) -> Version:
    """The version of a model that a selector leads to."""
    if selector is not None and _NUMBER.fullmatch(selector):
        # Not by what is routable: drafts that start, and inactive and deleted versions have numbers too.
        path = {"model": model, "number": selector}
        return Version(transport, *transport.send(Request(operations.GET_VERSION_BY_NUMBER, path)))
    resolved = transport.send(Request(operations.RESOLVE, {"model": model}, query={"version": selector}))
    request = Request(operations.GET_VERSION, {"id": types.ResolveAnswer(resolved.document).version_id})
    return Version(transport, *transport.send(request))


def call(
    transport: Transport,
    operation: Operation,
    path: Mapping[str, str],
    inputs: Any,
    content_type: Optional[str],
    timeout: Optional[float],
    version: Optional[str] = None,
) -> Prediction:
    """Calls a model, and reads the whole answer."""
    return transport.read(_call(operation, path, inputs, content_type, timeout, version), read_prediction)


def call_stream(
    transport: Transport,
    operation: Operation,
    path: Mapping[str, str],
    inputs: Any,
    content_type: Optional[str],
    timeout: Optional[float],
    version: Optional[str] = None,
) -> PredictionStream:
    """Calls a model, and gives its answer as it comes."""
    return PredictionStream(transport.open(_call(operation, path, inputs, content_type, timeout, version)))


def _call(
    operation: Operation,
    path: Mapping[str, str],
    inputs: Any,
    content_type: Optional[str],
    timeout: Optional[float],
    version: Optional[str],
) -> Request:
    return Request(
        operation,
        path,
        headers={"Model-Version": version},
        body=inputs,
        content_type=content_type,
        is_call=True,
        timeout=timeout,
    )


def event_query(
    of: Union[str, Iterable[str], None],
    after: Union[int, str, None],
    actor: Optional[str],
    since: Optional[str],
    until: Optional[str],
    order_by: Optional[str],
) -> Dict[str, QueryValue]:
    """What narrows and orders events."""
    return {
        "type": type_filter(of),
        "after": after,
        "actor": actor,
        "since": since,
        "until": until,
        "order_by": order_by,
    }


def events(
    transport: Transport,
    operation: Operation,
    path: Mapping[str, str],
    query: Mapping[str, QueryValue],
    follow: bool,
) -> Stream[Event]:
    """A list of events, or a stream of what happens."""
    if follow:
        return Follower(transport, operation, Event, path, query).stream()
    pages = Pages(transport, operation, Event, path, query)
    return Stream((event for event in pages), lambda: None)
