"""AsyncClient: the client for asyncio. It runs ``Client`` in at most 32 threads.

Generated from the classes of this package by tools/generate_async.py; don't change it by hand.
"""

from __future__ import annotations

import os
from typing import Any, AsyncIterator, Iterable, List, Literal, Mapping, NoReturn, Optional, Union

from . import types
from ._access import ApiKey, Rates, Webhook
from ._aio import AsyncMonthlyStatement, AsyncPages, AsyncPredictionStream, AsyncStream, AsyncUsage, Threads
from ._calls import Prediction
from ._client import Client
from ._commands import UNSET, Unset, VersionRef
from ._files import Progress
from ._models import Model, Version
from ._protocols import Inference, OpenAI
from .types import Event, InferenceServer, Statement, StatementSummary, WebhookSecret, Workspace


class AsyncClient:
    """A registry, over HTTP. See ``Client``, whose methods say more."""

    __slots__ = ("_threads", "_sync")

    def __init__(
        self,
        url: Optional[str] = None,
        api_key: Optional[str] = None,
        *,
        timeout: float = 30.0,
        total_timeout: Optional[float] = None,
        retries: int = 3,
        ca: Optional[Union[str, os.PathLike[str]]] = None,
        proxy: Optional[str] = None,
        insecure: bool = False,
    ) -> None:
        self._threads = Threads()
        try:
            self._sync = Client(
                url,
                api_key,
                timeout=timeout,
                total_timeout=total_timeout,
                retries=retries,
                ca=ca,
                proxy=proxy,
                insecure=insecure,
            )
        finally:
            del api_key, proxy  # some tracebacks show locals

    async def deploy(
        self,
        model: Any,
        *,
        model_name: str,
        version_bump: Optional[types.VersionBump] = None,
        publish: bool = False,
        version: Optional[str] = None,
        base: Optional[str] = None,
        promote: Optional[bool] = None,
        aliases: Optional[Iterable[str]] = None,
        description: Optional[str] = None,
        labels: Optional[Mapping[str, str]] = None,
        external_id: Optional[str] = None,
        instance_type: Optional[str] = None,
        comment: Optional[str] = None,
        environment: Optional[str] = None,
        env: Optional[Mapping[str, str]] = None,
        startup_timeout_seconds: Optional[int] = None,
        requirements: Union[str, os.PathLike[str], Iterable[str], None] = None,
        example_input: Any = None,
        format: str = "auto",
        wait: bool = True,
        progress: Progress = None,
        dry_run: bool = False,
        idempotency_key: Optional[str] = None,
    ) -> AsyncVersion:
        """Makes a new version of a model that the registry runs. A new name makes a model."""
        answer = await self._threads.run(
            self._sync.deploy,
            model,
            model_name=model_name,
            version_bump=version_bump,
            publish=publish,
            version=version,
            base=base,
            promote=promote,
            aliases=aliases,
            description=description,
            labels=labels,
            external_id=external_id,
            instance_type=instance_type,
            comment=comment,
            environment=environment,
            env=env,
            startup_timeout_seconds=startup_timeout_seconds,
            requirements=requirements,
            example_input=example_input,
            format=format,
            wait=wait,
            progress=progress,
            dry_run=dry_run,
            idempotency_key=idempotency_key,
        )
        return AsyncVersion(self._threads, answer)

    async def register(
        self,
        model_name: str,
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
        version_bump: Optional[types.VersionBump] = None,
        version: Optional[str] = None,
        base: Optional[str] = None,
        publish: bool = False,
        promote: Optional[bool] = None,
        aliases: Optional[Iterable[str]] = None,
        description: Optional[str] = None,
        labels: Optional[Mapping[str, str]] = None,
        artifact: Optional[types.ArtifactSpec] = None,
        runtime: Optional[types.RuntimeSpec] = None,
        instance_type: Optional[str] = None,
        external_id: Optional[str] = None,
        comment: Optional[str] = None,
        wait: bool = True,
        dry_run: bool = False,
        idempotency_key: Optional[str] = None,
    ) -> AsyncVersion:
        """Makes a new version of a model that you serve yourself. A new name makes a model."""
        answer = await self._threads.run(
            self._sync.register,
            model_name,
            serving_url=serving_url,
            health_url=health_url,
            startup_timeout_seconds=startup_timeout_seconds,
            served_name=served_name,
            openai_paths=openai_paths,
            servers=servers,
            min_ready=min_ready,
            repeatable=repeatable,
            probe_seconds=probe_seconds,
            version_bump=version_bump,
            version=version,
            base=base,
            publish=publish,
            promote=promote,
            aliases=aliases,
            description=description,
            labels=labels,
            artifact=artifact,
            runtime=runtime,
            instance_type=instance_type,
            external_id=external_id,
            comment=comment,
            wait=wait,
            dry_run=dry_run,
            idempotency_key=idempotency_key,
        )
        return AsyncVersion(self._threads, answer)

    def models(
        self,
        *,
        q: Optional[str] = None,
        name: Optional[str] = None,
        labels: Optional[Mapping[str, str]] = None,
        order_by: Optional[types.OrderBy] = None,
    ) -> AsyncIterator[AsyncModel]:
        """The models of the workspace, page by page as you go on."""
        pages = self._sync.models(q=q, name=name, labels=labels, order_by=order_by)
        return AsyncPages(self._threads, pages, lambda raw: AsyncModel(self._threads, raw))

    async def model(self, model: str) -> AsyncModel:
        """A model by its name or id."""
        answer = await self._threads.run(self._sync.model, model)
        return AsyncModel(self._threads, answer)

    async def version(self, ref: str) -> AsyncVersion:
        """A version by its id, or by its model's name and a number, a range or an alias."""
        answer = await self._threads.run(self._sync.version, ref)
        return AsyncVersion(self._threads, answer)

    async def upload(
        self,
        path: Union[str, os.PathLike[str]],
        *,
        format: str = "auto",
        requires: Optional[Mapping[str, Any]] = None,
        progress: Progress = None,
        comment: Optional[str] = None,
    ) -> types.StoredArtifact:
        """Uploads the files of a model, and makes an artifact of them: deploy it by its digest."""
        return await self._threads.run(
            self._sync.upload,
            path,
            format=format,
            requires=requires,
            progress=progress,
            comment=comment,
        )

    async def download(
        self,
        version: str,
        to: Union[str, os.PathLike[str]],
        *,
        progress: Progress = None,
    ) -> types.StoredArtifact:
        """Downloads the files that a version was deployed with. Files that are there already stay as they are."""
        return await self._threads.run(self._sync.download, version, to, progress=progress)

    async def predict(
        self,
        model: str,
        inputs: Any = None,
        *,
        version: Optional[str] = None,
        content_type: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> Prediction:
        """Calls a model: its primary, or the version that you name."""
        return await self._threads.run(
            self._sync.predict,
            model,
            inputs,
            version=version,
            content_type=content_type,
            timeout=timeout,
        )

    async def stream(
        self,
        model: str,
        inputs: Any = None,
        *,
        version: Optional[str] = None,
        content_type: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> AsyncPredictionStream:
        """Calls a model, and gives its answer in parts as they come."""
        answer = await self._threads.run(
            self._sync.stream,
            model,
            inputs,
            version=version,
            content_type=content_type,
            timeout=timeout,
        )
        return AsyncPredictionStream(self._threads, answer)

    @property
    def inference(self) -> AsyncInference:
        """The Open Inference Protocol over the same models."""
        return AsyncInference(self._threads, self._sync.inference)

    @property
    def openai(self) -> AsyncOpenAI:
        """OpenAI's routes over the same models."""
        return AsyncOpenAI(self._threads, self._sync.openai)

    def events(
        self,
        *,
        model: Optional[str] = None,
        types: Union[types.EventType, Iterable[types.EventType], None] = None,
        after: Union[int, str, None] = None,
        actor: Optional[str] = None,
        since: Optional[str] = None,
        until: Optional[str] = None,
        order_by: Optional[types.EventOrder] = None,
        follow: bool = False,
    ) -> AsyncStream[Event]:
        """The events of the workspace or of a model, oldest first unless you say otherwise."""
        stream = self._sync.events(
            model=model,
            types=types,
            after=after,
            actor=actor,
            since=since,
            until=until,
            order_by=order_by,
            follow=follow,
        )
        return AsyncStream(self._threads, stream)

    async def usage(
        self,
        *,
        from_: Optional[str] = None,
        to: Optional[str] = None,
        group_by: Optional[types.GroupBy] = None,
    ) -> AsyncUsage:
        """Active time up to now, and what it costs. Deleted models count with what they used."""
        answer = await self._threads.run(self._sync.usage, from_=from_, to=to, group_by=group_by)
        return AsyncUsage(self._threads, answer)

    def statements(self) -> AsyncIterator[StatementSummary]:
        """The months that have a bill, newest first."""
        pages = self._sync.statements()
        return AsyncPages(self._threads, pages, lambda item: item)

    async def statement(self, month: str) -> AsyncMonthlyStatement:
        """The bill of a month, such as ``2026-03``."""
        answer = await self._threads.run(self._sync.statement, month)
        return AsyncMonthlyStatement(self._threads, answer)

    async def statement_csv(self, month: str) -> str:
        """The bill of a month as CSV in the columns of FOCUS 1.2."""
        return await self._threads.run(self._sync.statement_csv, month)

    async def close_month(self, month: str, *, comment: Optional[str] = None, dry_run: bool = False) -> Statement:
        """Closes the bill of a month, such as ``2026-03``: it never changes again."""
        return await self._threads.run(self._sync.close_month, month, comment=comment, dry_run=dry_run)

    async def rates(self) -> Rates:
        """The price of a minute of active time, by stage and instance type."""
        return await self._threads.run(self._sync.rates)

    async def put_rates(
        self,
        rates: Iterable[Union[types.RateSpec, types.Rate]],
        *,
        comment: Optional[str] = None,
        dry_run: bool = False,
        if_match: Optional[str] = None,
    ) -> Rates:
        """Puts all rates in the place of those that were there."""
        return await self._threads.run(self._sync.put_rates, rates, comment=comment, dry_run=dry_run, if_match=if_match)

    def webhooks(self) -> AsyncIterator[AsyncWebhook]:
        """The webhooks of the workspace."""
        pages = self._sync.webhooks()
        return AsyncPages(self._threads, pages, lambda raw: AsyncWebhook(self._threads, raw))

    async def webhook(self, id: str) -> AsyncWebhook:
        """A webhook by its id."""
        answer = await self._threads.run(self._sync.webhook, id)
        return AsyncWebhook(self._threads, answer)

    async def create_webhook(
        self,
        url: str,
        *,
        types: Optional[Iterable[types.EventType]] = None,
        model: Optional[str] = None,
        description: Optional[str] = None,
        comment: Optional[str] = None,
    ) -> types.WebhookSecret:
        """Makes a webhook. The answer has the secret that deliveries are signed with, this once."""
        return await self._threads.run(
            self._sync.create_webhook,
            url,
            types=types,
            model=model,
            description=description,
            comment=comment,
        )

    def api_keys(self, *, workspace: Optional[str] = None) -> AsyncIterator[AsyncApiKey]:
        """The API keys, without their secrets."""
        pages = self._sync.api_keys(workspace=workspace)
        return AsyncPages(self._threads, pages, lambda raw: AsyncApiKey(self._threads, raw))

    async def create_api_key(
        self,
        name: str,
        role: types.Role,
        *,
        workspace: Optional[str] = None,
        models: Optional[Iterable[str]] = None,
        expires_at: Union[str, None, Unset] = UNSET,
        comment: Optional[str] = None,
    ) -> types.CreatedApiKey:
        """Makes an API key. The answer has the key itself, this once."""
        return await self._threads.run(
            self._sync.create_api_key,
            name,
            role,
            workspace=workspace,
            models=models,
            expires_at=expires_at,
            comment=comment,
        )

    async def rotate_api_key(
        self,
        prefix: str,
        *,
        overlap_seconds: Optional[int] = None,
        comment: Optional[str] = None,
    ) -> types.CreatedApiKey:
        """Puts a new key in the place of the one with this prefix."""
        return await self._threads.run(
            self._sync.rotate_api_key,
            prefix,
            overlap_seconds=overlap_seconds,
            comment=comment,
        )

    async def revoke_api_key(self, prefix: str, *, comment: Optional[str] = None) -> AsyncApiKey:
        """Ends the key with this prefix."""
        answer = await self._threads.run(self._sync.revoke_api_key, prefix, comment=comment)
        return AsyncApiKey(self._threads, answer)

    def workspaces(self) -> AsyncIterator[Workspace]:
        """All workspaces. For operators."""
        pages = self._sync.workspaces()
        return AsyncPages(self._threads, pages, lambda item: item)

    async def create_workspace(
        self,
        name: str,
        *,
        description: Optional[str] = None,
        comment: Optional[str] = None,
    ) -> Workspace:
        """Makes a workspace. For operators."""
        return await self._threads.run(self._sync.create_workspace, name, description=description, comment=comment)

    async def me(self) -> types.CallerAnswer:
        """Who you are for the registry: your key or token, its role, workspace and models, and what you may do."""
        return await self._threads.run(self._sync.me)

    async def server(self) -> types.ServerAnswer:
        """The version of the registry, the optional parts that it has, and its limits."""
        return await self._threads.run(self._sync.server)

    async def environments(self) -> types.EnvironmentList:
        """The environments in which the registry runs versions, and the instance types that a version may have."""
        return await self._threads.run(self._sync.environments)

    async def match_environments(
        self,
        format: str,
        *,
        requires: Optional[Mapping[str, Any]] = None,
        instance_type: Optional[str] = None,
    ) -> types.EnvironmentMatch:
        """Says whether an artifact would run, before it is uploaded, and what each environment lacks."""
        return await self._threads.run(
            self._sync.match_environments,
            format,
            requires=requires,
            instance_type=instance_type,
        )

    async def close(self) -> None:
        """Closes the idle connections and ends the idle threads."""
        self._sync.close()
        self._threads.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"Async{getattr(self, '_sync', 'Client()')!s}"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client can't be pickled or copied, because of its key; make one in each process")

class AsyncVersion(types.Version):
    """A version of a model. See ``Version``, whose methods say more."""

    __slots__ = ("_threads", "_sync")

    def __init__(self, threads: Threads, sync: Version) -> None:
        self._threads = threads
        self._sync = sync

    @property
    def raw(self) -> Any:
        """The JSON object as it was answered last."""
        return self._sync.raw

    @property
    def etag(self) -> Optional[str]:
        """The entity tag, for ``if_match``. None where the registry has not told it."""
        return self._sync.etag

    def __reduce__(self) -> NoReturn:
        raise TypeError("it belongs to its client and can't be pickled or copied; take its id or raw")

    async def refresh(self) -> AsyncVersion:
        """Reads the version anew, whatever its state, and gives it back."""
        answer = await self._threads.run(self._sync.refresh)
        return AsyncVersion(self._threads, answer)

    async def publish(
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
        """Publishes a draft."""
        return await self._threads.run(
            self._sync.publish,
            promote=promote,
            from_=from_,
            aliases=aliases,
            force=force,
            comment=comment,
            dry_run=dry_run,
            if_match=if_match,
        )

    async def promote(
        self,
        *,
        from_: Union[VersionRef, None, Unset] = UNSET,
        force: bool = False,
        comment: Optional[str] = None,
        dry_run: bool = False,
        if_match: Optional[str] = None,
    ) -> types.CommandAnswer:
        """Makes the version the primary: it answers calls that name no version."""
        return await self._threads.run(
            self._sync.promote,
            from_=from_,
            force=force,
            comment=comment,
            dry_run=dry_run,
            if_match=if_match,
        )

    async def activate(
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
        """Brings an inactive or failed version back; ``wait()`` says when it is ready."""
        return await self._threads.run(
            self._sync.activate,
            serving_url=serving_url,
            health_url=health_url,
            startup_timeout_seconds=startup_timeout_seconds,
            served_name=served_name,
            openai_paths=openai_paths,
            servers=servers,
            min_ready=min_ready,
            repeatable=repeatable,
            probe_seconds=probe_seconds,
            runtime=runtime,
            comment=comment,
            dry_run=dry_run,
            if_match=if_match,
        )

    async def servers(self) -> List[types.Server]:
        """The servers as they are now, and whether they are up. ``serving.servers`` has them as it was read last."""
        return await self._threads.run(self._sync.servers)

    async def put_servers(
        self,
        servers: Iterable[Union[str, types.ServerSpec]],
        *,
        drain: Optional[int] = None,
        comment: Optional[str] = None,
        dry_run: bool = False,
        if_match: Optional[str] = None,
    ) -> types.PutServersAnswer:
        """Replaces the servers, without a start: no call that begins after the answer reaches another one."""
        return await self._threads.run(
            self._sync.put_servers,
            servers,
            drain=drain,
            comment=comment,
            dry_run=dry_run,
            if_match=if_match,
        )

    async def deactivate(
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
        """Takes the version out of routing, at once."""
        return await self._threads.run(
            self._sync.deactivate,
            promote_to=promote_to,
            refuse_if_primary=refuse_if_primary,
            refuse_if_referenced=refuse_if_referenced,
            drain=drain,
            force=force,
            comment=comment,
            dry_run=dry_run,
            if_match=if_match,
        )

    async def delete(
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
        """Deletes the version, at once and for ever. Deleting the last one of a model deletes the model."""
        return await self._threads.run(
            self._sync.delete,
            promote_to=promote_to,
            refuse_if_primary=refuse_if_primary,
            refuse_if_referenced=refuse_if_referenced,
            release_aliases=release_aliases,
            drain=drain,
            force=force,
            comment=comment,
            dry_run=dry_run,
            if_match=if_match,
        )

    async def update(
        self,
        *,
        description: Union[str, None, Unset] = UNSET,
        labels: Union[Mapping[str, Optional[str]], None, Unset] = UNSET,
        comment: Optional[str] = None,
        dry_run: bool = False,
        if_match: Optional[str] = None,
    ) -> AsyncVersion:
        """Changes the description and labels. Labels that are not named stay; one with the value None goes."""
        answer = await self._threads.run(
            self._sync.update,
            description=description,
            labels=labels,
            comment=comment,
            dry_run=dry_run,
            if_match=if_match,
        )
        return AsyncVersion(self._threads, answer)

    async def wait(
        self,
        until: Literal["ready", "primary", "stopped"] = "ready",
        *,
        timeout: float = 900.0,
    ) -> AsyncVersion:
        """Waits until the version is ready, until it is the primary, or until it is stopped."""
        answer = await self._threads.run(self._sync.wait, until, timeout=timeout)
        return AsyncVersion(self._threads, answer)

    async def predict(
        self,
        inputs: Any = None,
        *,
        content_type: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> Prediction:
        """Calls this version, whether it is the primary or not."""
        return await self._threads.run(self._sync.predict, inputs, content_type=content_type, timeout=timeout)

    async def stream(
        self,
        inputs: Any = None,
        *,
        content_type: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> AsyncPredictionStream:
        """Calls this version, and gives its answer in parts."""
        answer = await self._threads.run(self._sync.stream, inputs, content_type=content_type, timeout=timeout)
        return AsyncPredictionStream(self._threads, answer)

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
    ) -> AsyncStream[Event]:
        """The events of this version, oldest first."""
        stream = self._sync.events(
            types=types,
            after=after,
            actor=actor,
            since=since,
            until=until,
            order_by=order_by,
            follow=follow,
        )
        return AsyncStream(self._threads, stream)

    async def traffic(self) -> types.Traffic:
        """Whether the version is in use: its calls and errors, how many run now, and those of each minute and hour."""
        return await self._threads.run(self._sync.traffic)

    async def usage(self) -> types.VersionUsage:
        """The active time of the version so far, in seconds by stage."""
        return await self._threads.run(self._sync.usage)

    def logs(
        self,
        *,
        tail: Optional[int] = None,
        after: Optional[int] = None,
        follow: bool = False,
    ) -> AsyncStream[types.LogLine]:
        """The lines that the version's processes wrote, oldest first, of a version that the registry runs."""
        stream = self._sync.logs(tail=tail, after=after, follow=follow)
        return AsyncStream(self._threads, stream)

class AsyncModel(types.Model):
    """A model: a name with a sequence of versions. See ``Model``, whose methods say more."""

    __slots__ = ("_threads", "_sync")

    def __init__(self, threads: Threads, sync: Model) -> None:
        self._threads = threads
        self._sync = sync

    @property
    def raw(self) -> Any:
        """The JSON object as it was answered last."""
        return self._sync.raw

    @property
    def etag(self) -> Optional[str]:
        """The entity tag, for ``if_match``. None where the registry has not told it."""
        return self._sync.etag

    def __reduce__(self) -> NoReturn:
        raise TypeError("it belongs to its client and can't be pickled or copied; take its id or raw")

    async def refresh(self) -> AsyncModel:
        """Reads the model anew, and gives it back."""
        answer = await self._threads.run(self._sync.refresh)
        return AsyncModel(self._threads, answer)

    def versions(
        self,
        *,
        state: Optional[types.VersionState] = None,
        labels: Optional[Mapping[str, str]] = None,
        external_id: Optional[str] = None,
        number: Optional[str] = None,
        order_by: Optional[types.VersionOrder] = None,
    ) -> AsyncIterator[AsyncVersion]:
        """The versions, newest first. Deleted ones are listed only with ``state="deleted"``."""
        pages = self._sync.versions(
            state=state,
            labels=labels,
            external_id=external_id,
            number=number,
            order_by=order_by,
        )
        return AsyncPages(self._threads, pages, lambda raw: AsyncVersion(self._threads, raw))

    async def version(self, selector: Optional[str] = None) -> AsyncVersion:
        """The version that a selector leads to."""
        answer = await self._threads.run(self._sync.version, selector)
        return AsyncVersion(self._threads, answer)

    def traffic(self) -> AsyncIterator[types.VersionTraffic]:
        """The traffic of the active versions, newest first."""
        pages = self._sync.traffic()
        return AsyncPages(self._threads, pages, lambda item: item)

    async def resolve(self, selector: Optional[str] = None, *, explain: bool = False) -> types.ResolveAnswer:
        """Which version a selector leads to now, and where it answers."""
        return await self._threads.run(self._sync.resolve, selector, explain=explain)

    def primary_history(self, *, at: Optional[str] = None) -> AsyncIterator[types.PrimaryPeriod]:
        """What was primary when, by whom and why; newest first."""
        pages = self._sync.primary_history(at=at)
        return AsyncPages(self._threads, pages, lambda item: item)

    async def rollback(
        self,
        *,
        from_: Union[VersionRef, None, Unset] = UNSET,
        force: bool = False,
        comment: Optional[str] = None,
        dry_run: bool = False,
        if_match: Optional[str] = None,
    ) -> types.CommandAnswer:
        """Goes back to the primary before the present one."""
        return await self._threads.run(
            self._sync.rollback,
            from_=from_,
            force=force,
            comment=comment,
            dry_run=dry_run,
            if_match=if_match,
        )

    async def list_aliases(self) -> List[types.Alias]:
        """The aliases as they are now. ``aliases`` has them as the model was read last."""
        return await self._threads.run(self._sync.list_aliases)

    async def alias(self, name: str) -> types.Alias:
        """An alias, with the last versions that it has pointed to."""
        return await self._threads.run(self._sync.alias, name)

    async def set_alias(
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
        """Points an alias to a version that is ready. An alias that does not exist is made."""
        return await self._threads.run(
            self._sync.set_alias,
            name,
            version,
            from_=from_,
            protected=protected,
            comment=comment,
            dry_run=dry_run,
            if_match=if_match,
        )

    async def rollback_alias(
        self,
        name: str,
        *,
        from_: Union[VersionRef, None, Unset] = UNSET,
        comment: Optional[str] = None,
        dry_run: bool = False,
        if_match: Optional[str] = None,
    ) -> types.AliasAnswer:
        """Points an alias to the version before the present one that is still ready."""
        return await self._threads.run(
            self._sync.rollback_alias,
            name,
            from_=from_,
            comment=comment,
            dry_run=dry_run,
            if_match=if_match,
        )

    async def remove_alias(
        self,
        name: str,
        *,
        from_: Optional[VersionRef] = None,
        comment: Optional[str] = None,
        dry_run: bool = False,
        if_match: Optional[str] = None,
    ) -> types.AliasAnswer:
        """Removes an alias. Its name may be used again."""
        return await self._threads.run(
            self._sync.remove_alias,
            name,
            from_=from_,
            comment=comment,
            dry_run=dry_run,
            if_match=if_match,
        )

    async def update(
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
    ) -> AsyncModel:
        """Changes the model. Labels that are not named stay; one with the value None goes."""
        answer = await self._threads.run(
            self._sync.update,
            description=description,
            labels=labels,
            primary_policy=primary_policy,
            protected=protected,
            on_unhealthy=on_unhealthy,
            fall_back_seconds=fall_back_seconds,
            comment=comment,
            dry_run=dry_run,
            if_match=if_match,
        )
        return AsyncModel(self._threads, answer)

    async def delete(
        self,
        *,
        confirm: str,
        release_aliases: bool = False,
        comment: Optional[str] = None,
        dry_run: bool = False,
        if_match: Optional[str] = None,
    ) -> types.DeletedModel:
        """Deletes the model with all its versions, at once and for ever."""
        return await self._threads.run(
            self._sync.delete,
            confirm=confirm,
            release_aliases=release_aliases,
            comment=comment,
            dry_run=dry_run,
            if_match=if_match,
        )

    async def predict(
        self,
        inputs: Any = None,
        *,
        version: Optional[str] = None,
        content_type: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> Prediction:
        """Calls the model."""
        return await self._threads.run(
            self._sync.predict,
            inputs,
            version=version,
            content_type=content_type,
            timeout=timeout,
        )

    async def stream(
        self,
        inputs: Any = None,
        *,
        version: Optional[str] = None,
        content_type: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> AsyncPredictionStream:
        """Calls the model, and gives its answer in parts."""
        answer = await self._threads.run(
            self._sync.stream,
            inputs,
            version=version,
            content_type=content_type,
            timeout=timeout,
        )
        return AsyncPredictionStream(self._threads, answer)

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
    ) -> AsyncStream[Event]:
        """The events of the model and its versions, oldest first."""
        stream = self._sync.events(
            types=types,
            after=after,
            actor=actor,
            since=since,
            until=until,
            order_by=order_by,
            follow=follow,
        )
        return AsyncStream(self._threads, stream)

class AsyncApiKey(types.ApiKey):
    """An API key, without its secret. See ``ApiKey``, whose methods say more."""

    __slots__ = ("_threads", "_sync")

    def __init__(self, threads: Threads, sync: ApiKey) -> None:
        self._threads = threads
        self._sync = sync

    @property
    def raw(self) -> Any:
        """The JSON object as it was answered last."""
        return self._sync.raw

    @property
    def etag(self) -> Optional[str]:
        """The entity tag, for ``if_match``. None where the registry has not told it."""
        return self._sync.etag

    def __reduce__(self) -> NoReturn:
        raise TypeError("it belongs to its client and can't be pickled or copied; take its id or raw")

    async def rotate(
        self,
        *,
        overlap_seconds: Optional[int] = None,
        comment: Optional[str] = None,
    ) -> types.CreatedApiKey:
        """Puts a new key in the place of this one, and shows it, this once. Both count for the overlap."""
        return await self._threads.run(self._sync.rotate, overlap_seconds=overlap_seconds, comment=comment)

    async def revoke(self, *, comment: Optional[str] = None) -> AsyncApiKey:
        """Ends the key. No request that begins after the answer may use it."""
        answer = await self._threads.run(self._sync.revoke, comment=comment)
        return AsyncApiKey(self._threads, answer)

class AsyncWebhook(types.Webhook):
    """An address that events are sent to. See ``Webhook``, whose methods say more."""

    __slots__ = ("_threads", "_sync")

    def __init__(self, threads: Threads, sync: Webhook) -> None:
        self._threads = threads
        self._sync = sync

    @property
    def raw(self) -> Any:
        """The JSON object as it was answered last."""
        return self._sync.raw

    @property
    def etag(self) -> Optional[str]:
        """The entity tag, for ``if_match``. None where the registry has not told it."""
        return self._sync.etag

    def __reduce__(self) -> NoReturn:
        raise TypeError("it belongs to its client and can't be pickled or copied; take its id or raw")

    async def refresh(self) -> AsyncWebhook:
        """Reads the webhook anew, and gives it back."""
        answer = await self._threads.run(self._sync.refresh)
        return AsyncWebhook(self._threads, answer)

    async def update(
        self,
        *,
        url: Union[str, Unset] = UNSET,
        types: Union[Iterable[types.EventType], None, Unset] = UNSET,
        model: Union[str, None, Unset] = UNSET,
        description: Union[str, None, Unset] = UNSET,
        state: Union[types.WebhookState, Unset] = UNSET,
        comment: Optional[str] = None,
    ) -> AsyncWebhook:
        """Changes the webhook. What is not named stays."""
        answer = await self._threads.run(
            self._sync.update,
            url=url,
            types=types,
            model=model,
            description=description,
            state=state,
            comment=comment,
        )
        return AsyncWebhook(self._threads, answer)

    async def delete(self, *, comment: Optional[str] = None) -> AsyncWebhook:
        """Deletes the webhook."""
        answer = await self._threads.run(self._sync.delete, comment=comment)
        return AsyncWebhook(self._threads, answer)

    async def rotate_secret(self, *, comment: Optional[str] = None) -> types.WebhookSecret:
        """Makes a new secret, and shows it, this once. For a day deliveries are signed with the one before it too."""
        return await self._threads.run(self._sync.rotate_secret, comment=comment)

    async def redeliver(self, from_: Union[int, str], *, comment: Optional[str] = None) -> AsyncWebhook:
        """Delivers an event and all behind it again."""
        answer = await self._threads.run(self._sync.redeliver, from_, comment=comment)
        return AsyncWebhook(self._threads, answer)

    async def deliveries(self) -> List[types.Delivery]:
        """The last attempts, newest first."""
        return await self._threads.run(self._sync.deliveries)

class AsyncInference:
    """The Open Inference Protocol v2 over the models of the registry. See ``Inference``, whose methods say more."""

    __slots__ = ("_threads", "_sync")

    def __init__(self, threads: Threads, sync: Inference) -> None:
        self._threads = threads
        self._sync = sync

    async def server(self) -> InferenceServer:
        """The server's name and version."""
        return await self._threads.run(self._sync.server)

    async def live(self) -> bool:
        """Whether the registry runs. It is asked once."""
        return await self._threads.run(self._sync.live)

    async def ready(self) -> bool:
        """Whether the registry takes requests. It is asked once."""
        return await self._threads.run(self._sync.ready)

    async def model(self, model: str, *, version: Optional[str] = None) -> Prediction:
        """The metadata that the model's server tells of it."""
        return await self._threads.run(self._sync.model, model, version=version)

    async def model_ready(self, model: str, *, version: Optional[str] = None) -> bool:
        """Whether the model, or one of its versions, takes calls. It is asked once."""
        return await self._threads.run(self._sync.model_ready, model, version=version)

    async def infer(
        self,
        model: str,
        inputs: Any = None,
        *,
        version: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> Prediction:
        """Calls a model."""
        return await self._threads.run(self._sync.infer, model, inputs, version=version, timeout=timeout)

class AsyncOpenAI:
    """OpenAI's routes over the models of the registry. ``model`` is ``name``, ``name@1.2.0`` or ``name@^1.2``. See
    ``OpenAI``, whose methods say more.
    """

    __slots__ = ("_threads", "_sync")

    def __init__(self, threads: Threads, sync: OpenAI) -> None:
        self._threads = threads
        self._sync = sync

    async def chat_completions(self, model: str, *, timeout: Optional[float] = None, **fields: Any) -> Prediction:
        """Calls ``/v1/chat/completions`` of the model's server with these fields, ``messages`` among them."""
        return await self._threads.run(self._sync.chat_completions, model, timeout=timeout, **fields)

    async def completions(self, model: str, *, timeout: Optional[float] = None, **fields: Any) -> Prediction:
        """Calls ``/v1/completions`` of the model's server with these fields, ``prompt`` among them."""
        return await self._threads.run(self._sync.completions, model, timeout=timeout, **fields)

    async def embeddings(self, model: str, *, timeout: Optional[float] = None, **fields: Any) -> Prediction:
        """Calls ``/v1/embeddings`` of the model's server with these fields, ``input`` among them."""
        return await self._threads.run(self._sync.embeddings, model, timeout=timeout, **fields)

    async def stream(
        self,
        route: Literal["chat/completions", "completions", "embeddings"],
        model: str,
        *,
        timeout: Optional[float] = None,
        **fields: Any,
    ) -> AsyncPredictionStream:
        """Calls a route with ``stream: true``, and gives the parts of its answer."""
        answer = await self._threads.run(self._sync.stream, route, model, timeout=timeout, **fields)
        return AsyncPredictionStream(self._threads, answer)
