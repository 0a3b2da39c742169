"""The client."""

from __future__ import annotations

import os
from typing import Any, Dict, Iterable, Iterator, List, Mapping, NoReturn, Optional, Union

from . import _operations as operations
from . import types
from ._access import ApiKey, MonthlyStatement, Rates, Usage, Webhook, rotate_key
from ._calls import Prediction, PredictionStream, Stream
from ._commands import UNSET, Unset, behind_at, given, label_filter, listed, present, serving_body
from ._environments import match_environments, require_environment, ways_out
from ._errors import OutcomeUnknown, RegistryError, StartFailed
from ._files import OF_MLFLOW, Progress, download, find, format_of, upload
from ._lists import Pages
from ._models import Model, Version, call, call_stream, event_query, events, find_version
from ._protocols import Inference, OpenAI
from ._settings import Arguments, Secret, check_key, check_proxy, parse_url, resolve
from ._transport import Request, Transport
from ._wire import Clock, Reply
from .errors import ArtifactNotFound
from .types import Event, Statement, StatementSummary, WebhookSecret, Workspace


class Client:
    """A registry, over HTTP.

    One client serves many threads. After a ``fork`` the child goes on with it over connections of its own. Making one
    reads and connects nothing: settings are looked up with the first request.

    >>> registry.register("iris", serving_url=serving_url, publish=True).version
    '0.1.0'
    >>> registry.predict("iris", {"instances": [[6.3, 3.3, 4.7, 1.6]]})["predictions"][0]["label"]
    'versicolor'

    Args:
        url: Where the registry is, by default ``ORK_URL``, else the present context of ``ork``.
        api_key: The key or token, by default ``ORK_API_KEY`` or what stands in the file ``ORK_API_KEY_FILE``, else
            the one of the context.
        timeout: How many seconds a connection may take, and how many it may then be silent.
        total_timeout: How many seconds an operation may take with all its tries and waits; None for any number.
        retries: How often a request that failed is sent again at most.
        ca: A file with the only certificates of authorities to trust, by default ``ORK_CA``, else those of the system.
        proxy: The address of an http proxy, by default ``HTTPS_PROXY``. It is used for https only, and sees no key.
        insecure: Lets the key go over plain http beyond this machine, where everybody between can read it.

    Raises:
        SettingsError: An argument is not valid.
    """

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
        self._url: Optional[str] = None  # for repr; not before it has been looked at
        # From here on no local has the key: some tracebacks show locals.
        key, api_key = None if api_key is None else Secret(api_key), None
        through, proxy = None if proxy is None else Secret(proxy), None
        if url is not None:
            parse_url(url, "url", insecure=insecure)
        if key is not None:
            check_key(key, "api_key")
        if through is not None:
            check_proxy(through, "proxy")
        if not timeout > 0 or (total_timeout is not None and not total_timeout > 0) or retries < 0:
            raise ValueError("timeout and total_timeout must be above 0, and retries not below it")
        self._arguments = Arguments(url, key, None if ca is None else os.fspath(ca), through, insecure)
        self._url = url
        self._timeout = timeout
        self._total_timeout = total_timeout
        self._retries = retries
        self._clock = Clock()
        self._opened: Optional[Transport] = None

    # Versions

    def deploy(
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
    ) -> Version:
        """Makes a new version of a model that the registry runs. A new name makes a model.

        The model's files are made, and those that the registry lacks are uploaded: the same model again uploads
        nothing. Before that the registry is asked whether an environment fits, and whether it takes the deployment. It
        is safe to repeat, and is repeated when the connection breaks: exactly one version is made. An upload that broke
        off goes on where it was when the program is run again.

        >>> version = registry.deploy(model_folder, model_name="My wonderful model", publish=True)
        >>> version.version, version.state
        ('0.1.0', 'published')
        >>> registry.predict("My wonderful model", {"instances": [[1.0, 2.0]]})
        {'predictions': [3.0]}

        Args:
            model: An object with ``predict``; a class with it, which is made and loaded where it runs; a function; a
                model of ONNX; the path of an ``.onnx`` file; or that of a folder with ``model.py``, ``model.onnx``,
                ``model.joblib``, ``model.pkl`` or ``MLmodel``.
            model_name: The model's name.
            version_bump: Which part of the number to raise: ``MINOR`` by default.
            publish: Publishes it at once. By default it is a draft.
            version: The number itself.
            base: The release line to continue: ``1.4`` or ``1``.
            promote: With ``publish``: whether it claims to be the primary. By default it does if its number is the
                highest and the model's policy is ``latest_published``.
            aliases: The names of aliases that it claims: each points to it as soon as it is ready.
            description: Free text.
            labels: Labels by name.
            external_id: Your own id for it.
            instance_type: What it runs on.
            comment: Why, in your own words, at most 500 characters: the events of the command keep it.
            environment: The environment to run in; by default the first that fits.
            env: Variables of the process. Viewers see them: they are no place for secrets.
            startup_timeout_seconds: How long the start may take.
            requirements: Packages that the environment must have, as ``name`` or ``name==version``, or a file of such
                lines. By default those that the model uses, in the versions that are installed here. ``python==3.11``
                names the Python, by default this one; alone it leaves the packages as they are by default.
            example_input: An input to try the packaged model with, in a process of its own, before anything is sent.
                Its shape is that of a model that is converted to ONNX.
            format: ``onnx``, ``python`` or ``python-pickle``; by default ``onnx`` where that can be made here, else
                what the model needs.
            wait: Waits until it is ready, for as long as ``total_timeout`` or ``Version.wait`` says.
            progress: Called with the bytes that are done and all bytes; or True for a bar on the terminal.
            dry_run: Only says what would happen, and uploads nothing.
            idempotency_key: Names the version that you want. See ``register``.

        Raises:
            PackagingError: The model can't be made into files, or fails with ``example_input``. Nothing was sent.
            RegistryError: It is refused, with ``NoEnvironment`` or ``ValidationFailed`` for example.
            StartFailed: With ``wait``: the version was made, and will not become ready. ``error.log_tail`` has the last
                lines of its process, and ``error.version`` is the version.
            OutcomeUnknown: It may have been made, or it was made and may not be ready. Repeat it with
                ``idempotency_key=error.idempotency_key``.
        """
        from ._packages import packaged  # not at import: it takes as long as all the rest

        transport = self._transport.begin()
        with packaged(
            model, format=format, requirements=requirements, example_input=example_input, env=env, limit=transport.limit
        ) as package, ways_out():
            body = present(
                model_name=model_name,
                version_bump=version_bump,
                version=version,
                base=base,
                publish=publish or None,
                promote=promote,
                aliases=listed("aliases", aliases),
                description=description,
                labels=None if labels is None else dict(labels),
                artifact={"digest": package.digest},
                runtime=present(
                    environment=environment,
                    env=None if env is None else dict(env),
                    startup_timeout_seconds=startup_timeout_seconds,
                ),
                instance_type=instance_type,
                external_id=external_id,
                comment=comment,
            )
            try:
                tried = self._make(transport, body, wait=False, dry_run=True, idempotency_key=None)
            except RegistryError as refused:
                if idempotency_key is None or dry_run or refused.status != 409:
                    raise
                # What the key has made before may stand in the way. Then its files are there, too.
                try:
                    return self._make(transport, body, wait=wait, dry_run=False, idempotency_key=idempotency_key)
                except ArtifactNotFound:
                    raise refused from None
            fit = match_environments(transport, package.format, package.requires, instance_type)
            require_environment(fit, environment)
            if dry_run:
                return tried
            upload(transport, package.files, package.format, package.requires, progress, comment)
        with ways_out():
            return self._make(transport, body, wait=wait, dry_run=False, idempotency_key=idempotency_key)

    def register(
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
    ) -> Version:
        """Makes a new version of a model that you serve yourself. A new name makes a model.

        It is safe to repeat, and is repeated when the connection breaks: exactly one version is made.

        >>> version = registry.register("rye", serving_url=serving_url, version_bump="MAJOR", labels={"team": "bread"})
        >>> version.version, version.state, version.labels
        ('1.0.0', 'draft', {'team': 'bread'})

        Args:
            model_name: The model's name.
            serving_url: Where the version answers calls; without one it is only registered.
            health_url: An address that answers 2xx once it is up. Without one it is ready at once.
            startup_timeout_seconds: How long the start may take.
            served_name: The name of the model in the server: it replaces ``model`` in calls by OpenAI's routes.
            openai_paths: Paths below ``/openai/v1`` that the server has besides OpenAI's own, such as ``classify``.
            servers: Several servers in place of ``serving_url``, which all answer the same: addresses, or
                ``{"url": …, "health_url": …}``.
            min_ready: How many of them must be up before it is ready: 1 by default.
            repeatable: Whether a call may be made twice, where a server has not answered it.
            probe_seconds: Seconds between two health probes once it is ready; 0 for none.
            version_bump: Which part of the number to raise: ``MINOR`` by default.
            version: The number itself.
            base: The release line to continue: ``1.4`` or ``1``.
            publish: Publishes it at once. By default it is a draft.
            promote: With ``publish``: whether it claims to be the primary. By default it does if its number is the
                highest and the model's policy is ``latest_published``.
            aliases: The names of aliases that it claims: each points to it as soon as it is ready.
            description: Free text.
            labels: Labels by name.
            artifact: The model's files: ``{"digest": …}`` of an artifact, or ``{"uri": …}``, which is never opened.
            runtime: Lets the registry run it from the artifact with this digest. See ``deploy``, which does all of it.
            instance_type: What it runs on, for bills.
            external_id: Your own id for it.
            comment: Why, in your own words, at most 500 characters: the events of the command keep it.
            wait: Waits until it is ready, for as long as ``total_timeout`` or ``Version.wait`` says.
            dry_run: Only says what would happen; the ids of a new name are then examples.
            idempotency_key: Names the version that you want. The same key with the same arguments answers the version
                made before. With ``wait`` one whose start has failed is started again. By default each call draws one.

        Raises:
            RegistryError: The command is refused, with ``ValidationFailed`` or ``VersionExists`` for example.
            StartFailed: With ``wait``: the version was made, and will not become ready. ``error.version`` is the
                version.
            OutcomeUnknown: It may have been made, or it was made and may not be ready. Repeat it with
                ``idempotency_key=error.idempotency_key``.
        """
        body = present(
            model_name=model_name,
            version_bump=version_bump,
            version=version,
            base=base,
            publish=publish or None,
            promote=promote,
            aliases=listed("aliases", aliases),
            description=description,
            labels=None if labels is None else dict(labels),
            artifact=artifact,
            runtime=runtime,
            serving=serving_body(
                serving_url,
                health_url,
                startup_timeout_seconds,
                served_name,
                openai_paths,
                servers,
                min_ready,
                repeatable,
                probe_seconds,
            ),
            instance_type=instance_type,
            external_id=external_id,
            comment=comment,
        )
        transport = self._transport.begin()
        return self._make(transport, body, wait=wait, dry_run=dry_run, idempotency_key=idempotency_key)

    def models(
        self,
        *,
        q: Optional[str] = None,
        name: Optional[str] = None,
        labels: Optional[Mapping[str, str]] = None,
        order_by: Optional[types.OrderBy] = None,
    ) -> Iterator[Model]:
        """The models of the workspace, page by page as you go on.

        Args:
            q: Only those whose name contains it, in any case; with less than three characters, begins so.
            name: Only the one of exactly this name.
            labels: Only those that have all these labels.
            order_by: ``name`` by default, or ``-created_at``.
        """
        transport = self._transport
        query = {"q": q, "name": name, "label": label_filter(labels), "order_by": order_by}
        return Pages(transport, operations.LIST_MODELS, lambda raw: Model(transport, raw), {}, query)

    def model(self, model: str) -> Model:
        """A model by its name or id.

        Raises:
            RegistryError: There is none: ``ModelNotFound`` or ``ModelDeleted``.
        """
        transport = self._transport
        return Model(transport, *transport.send(Request(operations.GET_MODEL, {"model": model})))

    def version(self, ref: str) -> Version:
        """A version by its id, or by its model's name and a number, a range or an alias.

        >>> _ = registry.register("corn", serving_url=serving_url, publish=True)
        >>> registry.version("corn@0.1.0").id == registry.version("corn@^0.1").id
        True

        Args:
            ref: ``iris@1.2.0``, whatever the version's state; ``iris@^1``, the highest in a range; ``iris@staging``,
                where an alias points; or a version's id. The last ``@`` separates.

        Raises:
            RegistryError: There is none: ``ModelNotFound``, ``VersionNotFound`` or ``NoMatchingVersion`` for example.
        """
        model, separator, selector = ref.rpartition("@")
        if not separator:
            transport = self._transport
            return Version(transport, *transport.send(Request(operations.GET_VERSION, {"id": ref})))
        if not model or not selector:
            raise ValueError(f"ref is {ref!r}, and must be name@number, name@range, name@alias or a version's id")
        return find_version(self._transport, model, behind_at(selector))

    # Files

    def upload(
        self,
        path: Union[str, os.PathLike[str]],
        *,
        format: str = "auto",
        requires: Optional[Mapping[str, Any]] = None,
        progress: Progress = None,
        comment: Optional[str] = None,
    ) -> types.StoredArtifact:
        """Uploads the files of a model, and makes an artifact of them: deploy it by its digest.

        Files that the workspace has are not sent again. When the connection breaks, or the program is run again, the
        upload goes on where it was.

        >>> artifact = registry.upload(model_folder)
        >>> artifact.format, [file.path for file in artifact.files]
        ('python', ['model.py'])
        >>> registry.register("oats", artifact={"digest": artifact.digest}).artifact.digest == artifact.digest
        True

        Args:
            path: A folder, or a file by itself; an ``.onnx`` file becomes ``model.onnx``. A file ``.orkignore`` in the
                folder has patterns of what is left out. ``.git``, ``.venv``, ``__pycache__``, ``.env``, ``*.pem`` and
                ``id_*`` always are. Links are followed.
            format: ``onnx``, ``python`` or ``python-pickle``; by default what the files at the root say.
            requires: What an environment must have: ``{"python": "3.11", "packages": {"numpy": "1.24.2"}}``.
            progress: Called with the bytes that are done and all bytes; or True for a bar on the terminal.
            comment: Why, in your own words. The event of the artifact keeps it.

        Raises:
            RegistryError: The upload is refused, with ``QuotaExceeded`` or ``StorageFull`` for example.
        """
        files = find(path)
        paths = [file.path for file in files]
        if format == "auto" and OF_MLFLOW in paths:
            raise ValueError("a folder with MLmodel is for deploy, which makes files of it; or pass format=…")
        kind = format_of(paths) if format == "auto" else format
        if kind is None:
            raise ValueError("there is no model.py, model.onnx, model.joblib or model.pkl; or pass format=…")
        return upload(self._transport.begin(), files, kind, requires, progress, comment)

    def download(
        self, version: str, to: Union[str, os.PathLike[str]], *, progress: Progress = None
    ) -> types.StoredArtifact:
        """Downloads the files that a version was deployed with. Files that are there already stay as they are.

        A download that broke off goes on where it was: what there is of a file is in ``{file}.part``.

        Args:
            version: ``iris@1.2.0``, ``iris@^1`` or a version's id; or the digest of an artifact.
            to: The folder. It is made when it is missing.
            progress: Called with the bytes that are done and all bytes; or True for a bar on the terminal.

        Raises:
            RegistryError: There is nothing to download: ``ArtifactNotFound`` for example.
        """
        transport = self._transport.begin()
        is_digest = len(version) == 64 and "@" not in version
        version_id = None if is_digest else self.version(version).id
        request = (
            Request(operations.GET_ARTIFACT, {"digest": version})
            if version_id is None
            else Request(operations.GET_VERSION_ARTIFACT, {"id": version_id})
        )
        artifact = types.StoredArtifact(transport.send(request).document)
        download(transport, artifact, version_id, to, progress)
        return artifact

    # Calls

    def predict(
        self,
        model: str,
        inputs: Any = None,
        *,
        version: Optional[str] = None,
        content_type: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> Prediction:
        """Calls a model: its primary, or the version that you name.

        The call is sent once. It is tried again only when the model has not got it.

        Args:
            model: The model's name or id.
            inputs: The body, just as the model's server takes it: a JSON value (arrays of numpy are lists), or bytes.
            version: A number (``1.2.0``), a range (``^1.2``) or a version's id; the primary by default.
            content_type: The media type of the body; by default ``application/json``, or ``application/octet-stream``
                for bytes.
            timeout: How many seconds the connection may be silent; by default the client's own timeout.

        Raises:
            ModelError: The model's own server answered with an error.
            RegistryError: The call did not get through: ``VersionStarting``, ``NoPrimary`` or ``BackendUnreachable``
                for example.
            OutcomeUnknown: The connection broke: the model may have been called.
        """
        return call(self._transport, operations.PREDICT, {"model": model}, inputs, content_type, timeout, version)

    def stream(
        self,
        model: str,
        inputs: Any = None,
        *,
        version: Optional[str] = None,
        content_type: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> PredictionStream:
        """Calls a model, and gives its answer in parts as they come. See ``predict``.

        Raises:
            ConnectionFailed: In the middle of the iteration: the answer broke off.
        """
        path = {"model": model}
        return call_stream(self._transport, operations.PREDICT, path, inputs, content_type, timeout, version)

    @property
    def inference(self) -> Inference:
        """The Open Inference Protocol over the same models."""
        return Inference(self._transport)

    @property
    def openai(self) -> OpenAI:
        """OpenAI's routes over the same models."""
        return OpenAI(self._transport)

    # What happened

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
    ) -> Stream[Event]:
        """The events of the workspace or of a model, oldest first unless you say otherwise.

        >>> _ = registry.register("figs")
        >>> [event.type for event in registry.events(model="figs")]
        ['model.created', 'version.deployed']

        Args:
            model: Only of this model, by name or id.
            types: Only of this type or these.
            after: Only behind the event with this id. With ``follow`` it may be ``now``: only what happens from now on.
            actor: Only what this actor did, as events name them.
            since: Only events of this instant and later ones: a date or an RFC 3339 time. Not with ``follow``.
            until: Only events before this instant. Not with ``follow``.
            order_by: ``id`` by default, or ``-id`` for the newest first. Not with ``follow``.
            follow: Goes on with what happens. When the connection ends, the next one goes on behind the last event:
                none is missed, and none comes twice. ``total_timeout`` does not end it.

        Raises:
            RegistryError: The events can't be read: ``HistoryRemoved`` for example.
        """
        operation = operations.LIST_EVENTS if model is None else operations.LIST_MODEL_EVENTS
        path = {} if model is None else {"model": model}
        query = event_query(types, after, actor, since, until, order_by)
        return events(self._transport, operation, path, query, follow)

    # Bills

    def usage(
        self, *, from_: Optional[str] = None, to: Optional[str] = None, group_by: Optional[types.GroupBy] = None
    ) -> Usage:
        """Active time up to now, and what it costs. Deleted models count with what they used.

        Args:
            from_: Where to begin: a date or an RFC 3339 time. By default the beginning of this month, in UTC.
            to: Where to end. By default now.
            group_by: What to add up by; ``model`` by default.
        """
        return Usage(self._transport, {"from": from_, "to": to, "group_by": group_by})

    def statements(self) -> Iterator[StatementSummary]:
        """The months that have a bill, newest first."""
        return Pages(self._transport, operations.LIST_STATEMENTS, StatementSummary)

    def statement(self, month: str) -> MonthlyStatement:
        """The bill of a month, such as ``2026-03``."""
        return MonthlyStatement(self._transport, month)

    def statement_csv(self, month: str) -> str:
        """The bill of a month as CSV in the columns of FOCUS 1.2."""
        request = Request(operations.GET_STATEMENT, {"month": month}, headers={"Accept": "text/csv"})
        return self._transport.read(request, _read_text)

    def close_month(self, month: str, *, comment: Optional[str] = None, dry_run: bool = False) -> Statement:
        """Closes the bill of a month, such as ``2026-03``: it never changes again.

        Args:
            comment: Why, in your own words, at most 500 characters: the events of the command keep it.

        Raises:
            RegistryError: The command is refused, with ``MonthOpen`` or ``Unrated`` for example.
            OutcomeUnknown: It may have been done.
        """
        query = {"comment": comment, "dry_run": dry_run or None}
        request = Request(operations.CLOSE_MONTH, {"month": month}, query=query)
        return Statement(self._transport.send(request).document)

    def rates(self) -> Rates:
        """The price of a minute of active time, by stage and instance type."""
        return Rates(self._transport, *self._transport.send(Request(operations.GET_RATES)))

    def put_rates(
        self,
        rates: Iterable[Union[types.RateSpec, types.Rate]],
        *,
        comment: Optional[str] = None,
        dry_run: bool = False,
        if_match: Optional[str] = None,
    ) -> Rates:
        """Puts all rates in the place of those that were there.

        Args:
            rates: All rates.
            dry_run: Only says what would happen.
            if_match: The entity tag that the present rates must have.
            comment: Why, in your own words, at most 500 characters: the events of the command keep it.

        Raises:
            RegistryError: The command is refused.
            OutcomeUnknown: It may have been done.
        """
        request = Request(
            operations.PUT_RATES,
            query={"dry_run": dry_run or None},
            headers={"If-Match": if_match},
            body={"rates": list(rates), **present(comment=comment)},
        )
        return Rates(self._transport, *self._transport.send(request))

    # Webhooks

    def webhooks(self) -> Iterator[Webhook]:
        """The webhooks of the workspace."""
        transport = self._transport
        return Pages(transport, operations.LIST_WEBHOOKS, lambda raw: Webhook(transport, raw), has_pages=False)

    def webhook(self, id: str) -> Webhook:
        """A webhook by its id.

        Raises:
            RegistryError: There is none: ``WebhookNotFound``.
        """
        transport = self._transport
        return Webhook(transport, *transport.send(Request(operations.GET_WEBHOOK, {"id": id})))

    def create_webhook(
        self,
        url: str,
        *,
        types: Optional[Iterable[types.EventType]] = None,
        model: Optional[str] = None,
        description: Optional[str] = None,
        comment: Optional[str] = None,
    ) -> types.WebhookSecret:
        """Makes a webhook. The answer has the secret that deliveries are signed with, this once.

        Args:
            url: Where events are sent to.
            types: The types of events it is told of; all by default.
            model: The only model it is told of, by id or name; all by default.
            description: Free text.
            comment: Why, in your own words, at most 500 characters: the events of the command keep it.

        Raises:
            RegistryError: The command is refused.
            OutcomeUnknown: It may have been done: look at ``webhooks()``.
        """
        told = None if types is None else list(types)
        body = present(url=url, types=told, model=model, description=description, comment=comment)
        request = Request(operations.CREATE_WEBHOOK, body=body, is_repeatable=False)
        return WebhookSecret(self._transport.send(request).document)

    # Access

    def api_keys(self, *, workspace: Optional[str] = None) -> Iterator[ApiKey]:
        """The API keys, without their secrets.

        Args:
            workspace: Those of this workspace, by default of your own. Only an operator names another.
        """
        transport = self._transport
        query = {"workspace": workspace}
        return Pages(transport, operations.LIST_API_KEYS, lambda raw: ApiKey(transport, raw), {}, query)

    def create_api_key(
        self,
        name: str,
        role: types.Role,
        *,
        workspace: Optional[str] = None,
        models: Optional[Iterable[str]] = None,
        expires_at: Union[str, None, Unset] = UNSET,
        comment: Optional[str] = None,
    ) -> types.CreatedApiKey:
        """Makes an API key. The answer has the key itself, this once.

        Args:
            name: What it is for.
            role: What it may do.
            workspace: Where it acts, by default in your own. Only an operator names another.
            models: The only models that it may call, by id or name; only for the role invoker.
            expires_at: From when on it is not taken any more: a date or an RFC 3339 time, or None for never. By
                default what the registry's settings say.
            comment: Why, in your own words, at most 500 characters: the events of the command keep it.

        Raises:
            RegistryError: The command is refused.
            OutcomeUnknown: It may have been done: look at ``api_keys()``, and revoke the one that nobody has.
        """
        body = {
            **present(name=name, role=role, workspace=workspace, models=None if models is None else list(models)),
            **given(expires_at=expires_at),
            **present(comment=comment),
        }
        request = Request(operations.CREATE_API_KEY, body=body, is_repeatable=False)
        return types.CreatedApiKey(self._transport.send(request).document)

    def rotate_api_key(
        self, prefix: str, *, overlap_seconds: Optional[int] = None, comment: Optional[str] = None
    ) -> types.CreatedApiKey:
        """Puts a new key in the place of the one with this prefix. See ``ApiKey.rotate``."""
        return rotate_key(self._transport, prefix, overlap_seconds, comment)

    def revoke_api_key(self, prefix: str, *, comment: Optional[str] = None) -> ApiKey:
        """Ends the key with this prefix. See ``ApiKey.revoke``."""
        transport = self._transport
        request = Request(operations.REVOKE_API_KEY, {"prefix": prefix}, query={"comment": comment})
        return ApiKey(transport, *transport.send(request))

    def workspaces(self) -> Iterator[Workspace]:
        """All workspaces. For operators."""
        return Pages(self._transport, operations.LIST_WORKSPACES, Workspace)

    def create_workspace(
        self, name: str, *, description: Optional[str] = None, comment: Optional[str] = None
    ) -> Workspace:
        """Makes a workspace. For operators.

        Args:
            name: Its name.
            description: Free text.
            comment: Why, in your own words, at most 500 characters: the events of the command keep it.

        Raises:
            RegistryError: The command is refused, with ``WorkspaceExists`` for example.
            OutcomeUnknown: It may have been done.
        """
        body = present(name=name, description=description, comment=comment)
        return Workspace(self._transport.send(Request(operations.CREATE_WORKSPACE, body=body)).document)

    # The registry, and who asks it

    def me(self) -> types.CallerAnswer:
        """Who you are for the registry: your key or token, its role, workspace and models, and what you may do.

        >>> registry.me().role
        'operator'
        """
        return types.CallerAnswer(self._transport.send(Request(operations.GET_ME)).document)

    def server(self) -> types.ServerAnswer:
        """The version of the registry, the optional parts that it has, and its limits.

        >>> registry.server().api
        'v1'
        """
        return types.ServerAnswer(self._transport.send(Request(operations.GET_SERVER)).document)

    def environments(self) -> types.EnvironmentList:
        """The environments in which the registry runs versions, and the instance types that a version may have.

        It needs the role deployer or a higher one.

        >>> names = [environment.name for environment in registry.environments().environments]
        """
        return types.EnvironmentList(self._transport.send(Request(operations.LIST_ENVIRONMENTS)).document)

    def match_environments(
        self,
        format: str,
        *,
        requires: Optional[Mapping[str, Any]] = None,
        instance_type: Optional[str] = None,
    ) -> types.EnvironmentMatch:
        """Says whether an artifact would run, before it is uploaded, and what each environment lacks.

        Args:
            format: ``onnx``, ``python`` or ``python-pickle``.
            requires: What an environment must have: ``{"python": "3.11", "packages": {"numpy": "1.24.2"}}``.
            instance_type: The instance type that the version would have.

        >>> registry.match_environments("python", requires={"python": "2.7"}).environment
        """
        return match_environments(self._transport, format, requires, instance_type)

    # The client itself

    def close(self) -> None:
        """Closes the idle connections. The client can go on to be used."""
        if self._opened is not None:
            self._opened.pool.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return "Client()" if self._url is None else f"Client({self._url!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client can't be pickled or copied, because of its key; make one in each process")

    def _make(
        self, transport: Transport, body: Dict[str, Any], *, wait: bool, dry_run: bool, idempotency_key: Optional[str]
    ) -> Version:
        """Makes a version, and waits for it, within the time of an operation that has begun."""
        drawn = os.urandom(16).hex() if idempotency_key is None else idempotency_key
        key = None if dry_run else drawn
        request = Request(
            operations.DEPLOY,
            query={"dry_run": dry_run or None},
            headers={"Idempotency-Key": key},
            body=body,
            is_command=not dry_run,
        )
        sent = transport.send(request)
        made = Version(self._transport, *sent)
        if dry_run or not wait:
            return made
        try:
            if idempotency_key is not None and made.serving is not None and made.serving.status == "failed":
                # The key has made it before, and its start has failed since. A job that runs again wants it to run.
                Version(transport, *sent).activate(comment=body.get("comment"))
            remaining = transport.remaining()
            return made.wait() if remaining is None else made.wait(timeout=max(0.0, remaining))
        except StartFailed:
            raise
        except RegistryError as error:
            # Whoever takes this for a failure, and registers again, would have two versions.
            unknown = OutcomeUnknown(f"version {made.version} ({made.id}) was made, but waiting for it failed: {error}")
            unknown.idempotency_key = key
            raise unknown from error

    @property
    def _transport(self) -> Transport:
        # Two threads may both get here first: the settings are the same, and only idle connections are lost.
        if self._opened is None:
            self._opened = Transport(
                resolve(self._arguments),
                self._clock,
                timeout=self._timeout,
                total_timeout=self._total_timeout,
                retries=self._retries,
            )
        return self._opened


def _read_text(reply: Reply) -> str:
    return reply.read().decode("utf-8")
