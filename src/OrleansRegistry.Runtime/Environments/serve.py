"""Serves a Python package of OrleansRegistry: ``serve.py python`` or ``serve.py python-pickle``.

It accepts from the socket whose descriptor is in REGISTRY_SOCKET_FD, and loads the package in REGISTRY_PACKAGE. It uses
the standard library only, and Python 3.10 or later. The registry's docs/serving.md has the contract.
"""

import collections
import collections.abc
import http.server
import importlib
import inspect
import json
import math
import os
import pickle
import re
import resource
import selectors
import signal
import socket
import sys
import threading
import time
import traceback
import urllib.parse

MAX_BODY_BYTES = 64 * 1024 * 1024
MAX_THREADS = 48
SPARE_PROCESSES = 8
IDLE_SECONDS = 60

# The only numbers that a double may not hold. Most bodies have none, and are read by the standard library alone.
MAY_BE_HUGE = re.compile(rb"[0-9][eE]|[0-9]{300}")

# Datatypes of the Open Inference Protocol, and what numpy calls them.
DATATYPES = {
    "BOOL": "bool", "UINT8": "uint8", "UINT16": "uint16", "UINT32": "uint32", "UINT64": "uint64", "INT8": "int8", "INT16": "int16",
    "INT32": "int32", "INT64": "int64", "FP16": "float16", "FP32": "float32", "FP64": "float64", "BYTES": "object",
}
NAMES = {name: datatype for datatype, name in DATATYPES.items()}


class WrongInput(Exception):
    """The caller's request is not what it must be; the message says why."""

    def __init__(self, message, status=400):
        super().__init__(message)
        self.status = status


def module_or_none(name):
    """A package, where the environment has it."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def numpy_or_none():
    return module_or_none("numpy")


class PickledModel:
    """An object from ``model.joblib`` or ``model.pkl``. It gets arrays where numpy is there.

    One that was fitted with named columns, as scikit-learn says it, gets tables of pandas where that is there.
    """

    platform = "python-pickle"

    def __init__(self, package):
        joblib_path = os.path.join(package, "model.joblib")
        pickle_path = os.path.join(package, "model.pkl")
        if os.path.exists(joblib_path):
            self._model = importlib.import_module("joblib").load(joblib_path)
        elif os.path.exists(pickle_path):
            with open(pickle_path, "rb") as file:
                self._model = pickle.load(file)
        else:
            raise FileNotFoundError("the package has no model.joblib and no model.pkl")
        if not callable(getattr(self._model, "predict", None)):
            raise TypeError(f"the object in the package is a {type(self._model).__name__}, which has no predict")
        columns = getattr(self._model, "feature_names_in_", None)
        self._pandas = None if columns is None else module_or_none("pandas")
        self._columns = [] if columns is None else [str(name) for name in columns]

    def predict(self, inputs):
        if isinstance(inputs, list):
            inputs = as_array(inputs) if self._pandas is None else self.as_table(inputs)
        return self._model.predict(inputs)

    def as_table(self, rows):
        """Rows as a table with the model's columns: objects by their names, lists in their order."""
        for index, row in enumerate(rows):
            missing = [name for name in self._columns if name not in row] if isinstance(row, dict) else []
            if missing:
                raise WrongInput(f"$.instances[{index}] lacks {', '.join(missing)}")
        try:
            return self._pandas.DataFrame(rows, columns=self._columns)
        except ValueError as error:
            raise WrongInput(f"$.instances is no table: {error}") from error

    def infer(self, tensors):
        if len(tensors) != 1:
            raise WrongInput("$.inputs must be an array of one tensor: a pickled object takes one")
        return self._model.predict(next(iter(tensors.values())))

    def inputs(self):
        features = getattr(self._model, "n_features_in_", None)
        return [] if features is None else [{"name": "input", "datatype": "FP64", "shape": [-1, int(features)]}]


class PackageModel:
    """Class ``Model`` of ``model.py``: ``load(self)`` is called once, ``predict(self, inputs)`` for each call."""

    platform = "python"

    def __init__(self, package):
        if not os.path.exists(os.path.join(package, "model.py")):
            raise FileNotFoundError("the package has no model.py")
        self._model = importlib.import_module("model").Model()
        if hasattr(self._model, "load"):
            self._model.load()

    def predict(self, inputs):
        return self._model.predict(inputs)

    def infer(self, tensors):
        return self._model.predict({name: plain(tensor) for name, tensor in tensors.items()})

    def inputs(self):
        return []


def as_array(instances):
    """Rows as an array, where numpy is there."""
    numpy = numpy_or_none()
    if numpy is None:
        return instances
    try:
        return numpy.asarray(instances)
    except ValueError as error:
        raise WrongInput(f"$.instances is no array: {error}") from error


def plain(value):
    """A value as JSON has it: arrays become lists, and numbers of numpy become Python's."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def to_json(value):
    """JSON, in which there is no NaN and no infinity."""
    return json.dumps(plain(value), allow_nan=False, default=plain_or_fail, separators=(",", ":"), ensure_ascii=False).encode()


def plain_or_fail(value):
    made = plain(value)
    if made is value:
        raise TypeError(f"a prediction has a {type(value).__name__}, which JSON can't hold")
    return made


def tensors_of(body):
    """The tensors of an inference request, by name: arrays where numpy is there, else nested lists."""
    inputs = body.get("inputs")
    if not isinstance(inputs, list) or not inputs:
        raise WrongInput("$.inputs must be an array of tensors")
    tensors = {}
    for index, tensor in enumerate(inputs):
        path = f"$.inputs[{index}]"
        if not isinstance(tensor, dict) or not isinstance(tensor.get("name"), str):
            raise WrongInput(f"{path} must be an object with a name")
        datatype, shape, data = tensor.get("datatype"), tensor.get("shape"), tensor.get("data")
        if datatype not in DATATYPES:
            raise WrongInput(f"{path}.datatype must be one of {', '.join(DATATYPES)}")
        if not isinstance(shape, list) or not all(type(size) is int and size >= 0 for size in shape):
            raise WrongInput(f"{path}.shape must be an array of whole numbers")
        if not isinstance(data, list):
            raise WrongInput(f"{path}.data must be an array")
        tensors[tensor["name"]] = tensor_of(path, datatype, shape, data)
    return tensors


def tensor_of(path, datatype, shape, data):
    flat = list(flattened(data))
    count = 1
    for size in shape:
        count *= size
    if len(flat) != count:
        raise WrongInput(f"{path}.data has {len(flat)} values, and its shape {shape} has {count}")
    check_values(path, datatype, flat)
    numpy = numpy_or_none()
    if numpy is None:
        return nested(flat, shape)
    try:
        with numpy.errstate(over="ignore"):
            tensor = numpy.array(flat, dtype=DATATYPES[datatype]).reshape(shape)
    except (ValueError, TypeError, OverflowError) as error:
        raise WrongInput(f"{path}.data is not {datatype}: {error}") from error
    if tensor.dtype.kind == "f" and not numpy.isfinite(tensor).all():
        raise WrongInput(f"{path}.data has a value beyond what {datatype} holds")
    return tensor


def check_values(path, datatype, flat):
    """Each value must be what its type holds: numpy would cut 1.5 to 1, and take of 300 what fits into a byte."""
    if datatype == "BYTES" or not flat:
        return
    kinds = {bool} if datatype == "BOOL" else {int, float} if datatype.startswith("FP") else {int}
    for kind in set(map(type, flat)) - kinds:
        raise WrongInput(f"{path}.data has a value of the type {kind.__name__}, which {datatype} doesn't hold")
    if kinds == {int}:
        bits = int(datatype.lstrip("UINT"))
        low, high = (0, 2**bits - 1) if datatype.startswith("U") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        if min(flat) < low or max(flat) > high:
            raise WrongInput(f"{path}.data has a value beyond {low} to {high}")


def flattened(data):
    for value in data:
        if isinstance(value, list):
            yield from flattened(value)
        else:
            yield value


def nested(flat, shape):
    if len(shape) <= 1:
        return flat
    size = len(flat) // shape[0] if shape[0] else 0
    return [nested(flat[index * size:(index + 1) * size], shape[1:]) for index in range(shape[0])]


def outputs_of(result):
    """The tensors of an answer: one for each member of an object, else one with the name ``predict``."""
    members = result if isinstance(result, dict) else {"predict": result}
    outputs = []
    for name, value in members.items():
        data = plain(value)
        data = data if isinstance(data, list) else [data]
        shape, level = [], data
        while isinstance(level, list):
            shape.append(len(level))
            level = level[0] if level else None
        flat = list(flattened(data))
        outputs.append({"name": str(name), "shape": shape, "datatype": datatype_of(value, flat), "data": flat})
    return outputs


def datatype_of(value, flat):
    known = NAMES.get(str(getattr(value, "dtype", "")))
    if known and known != "BYTES":
        return known
    if all(isinstance(item, bool) for item in flat) and flat:
        return "BOOL"
    if all(isinstance(item, int) for item in flat):
        return "INT64"
    return "FP64" if all(isinstance(item, (int, float)) for item in flat) else "BYTES"


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers one request on each connection: connections to a Unix socket are cheap, and idle ones would hold threads."""

    protocol_version = "HTTP/1.1"
    server_version = "OrleansRegistry"
    sys_version = ""
    timeout = IDLE_SECONDS
    model = None

    def do_GET(self):
        self.respond(self.get)

    def do_POST(self):
        self.respond(self.post)

    def get(self):
        match self.parts():
            case ["health"]:
                return {"status": "ready"}
            case ["v2"]:
                return {"name": "orleans-registry-python", "version": "1", "extensions": []}
            case ["v2", "health", "live"]:
                return {"live": True}
            case ["v2", "health", "ready"]:
                return {"live": True, "ready": True}
            case ["v2", "models", name, "ready"]:
                return {"name": name, "ready": True}
            case ["v2", "models", name]:
                return {"name": name, "platform": self.model.platform, "inputs": self.model.inputs(), "outputs": []}
        raise WrongInput("there is no such route", 404)

    def post(self):
        match self.parts():
            case ["predict"]:
                return self.predict(self.body())
            case ["v2", "models", name, "infer"]:
                return self.infer(name, self.body())
        raise WrongInput("there is no such route", 404)

    def predict(self, body):
        if ("instances" in body) == ("inputs" in body):
            raise WrongInput("the body must have instances or inputs, and not both")
        if "instances" in body:
            inputs = body["instances"]
            if not isinstance(inputs, list):
                raise WrongInput("$.instances must be an array")
        else:
            inputs = body["inputs"]
            if not isinstance(inputs, dict):
                raise WrongInput("$.inputs must be an object")
        result = self.model.predict(inputs)
        if inspect.isgenerator(result) or isinstance(result, collections.abc.Iterator):
            return result
        return {"predictions": result}

    def infer(self, name, body):
        tensors = tensors_of(body)
        answer = {"model_name": name, "outputs": outputs_of(self.model.infer(tensors))}
        if isinstance(body.get("id"), str):
            answer["id"] = body["id"]
        wanted = body.get("outputs")
        if isinstance(wanted, list) and wanted:
            names = [output.get("name") if isinstance(output, dict) else None for output in wanted]
            made = {output["name"]: output for output in answer["outputs"]}
            for output in names:
                if output not in made:
                    raise WrongInput(f"$.outputs names {output!r}; there is {', '.join(made)}")
            answer["outputs"] = [made[output] for output in names]
        return answer

    def respond(self, work):
        """Answers with what the work returns. What the model raises is told by its type; its traceback goes to the log only."""
        self.close_connection = True
        try:
            result = work()
            if isinstance(result, dict):
                self.send(200, to_json(result))
            else:
                self.stream(result)
        except WrongInput as error:
            self.send(error.status, to_json({"error": str(error)}))
        except (ConnectionError, TimeoutError):
            pass  # the caller has gone
        except Exception as error:  # the model's own, of any kind
            traceback.print_exc()
            self.send(500, to_json(described(error)))

    def stream(self, values):
        """Server-sent events, one for each value. The first value decides whether it begins at all."""
        values = iter(values)
        first = next(values, None)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            if first is not None:
                self.chunk(b"data: " + to_json(first) + b"\n\n")
                for value in values:
                    self.chunk(b"data: " + to_json(value) + b"\n\n")
        except ConnectionError:
            return
        except Exception as error:  # the model's own, after the answer has begun
            traceback.print_exc()
            self.chunk(b"event: error\ndata: " + to_json(described(error)) + b"\n\n")
        finally:
            if hasattr(values, "close"):
                values.close()
        self.wfile.write(b"0\r\n\r\n")

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        self.wfile.flush()

    def send(self, status, content):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def parts(self):
        path = self.path.split("?", 1)[0]
        return [urllib.parse.unquote(part) for part in path.strip("/").split("/")]

    def body(self):
        content = self.chunked() if self.headers.get("Transfer-Encoding", "").lower() == "chunked" else self.sized()
        try:
            if MAY_BE_HUGE.search(content):
                value = json.loads(content, parse_constant=refuse_constant, parse_float=finite, parse_int=whole)
            else:
                value = json.loads(content, parse_constant=refuse_constant)
        except (ValueError, RecursionError) as error:
            raise WrongInput(f"the body is not JSON: {error}") from error
        if not isinstance(value, dict):
            raise WrongInput("the body must be a JSON object with instances or inputs")
        return value

    def sized(self):
        length = self.headers.get("Content-Length", "0")
        if not length.isascii() or not length.isdigit():
            raise WrongInput("Content-Length is no number")
        if int(length) > MAX_BODY_BYTES:
            raise WrongInput(f"the body has more than {MAX_BODY_BYTES} bytes", 413)
        content = self.rfile.read(int(length))
        if len(content) != int(length):
            raise ConnectionError("the body has broken off")
        return content

    def chunked(self):
        content = bytearray()
        while True:
            line = self.rfile.readline(1024)
            try:
                size = int(line.split(b";", 1)[0].strip(), 16)
            except ValueError as error:
                raise WrongInput("a chunk's size is no number") from error
            if size < 0 or len(content) + size > MAX_BODY_BYTES:
                raise WrongInput(f"the body has more than {MAX_BODY_BYTES} bytes", 413)
            if size == 0:
                while self.rfile.readline(8192) not in (b"\r\n", b"\n", b""):
                    pass
                return bytes(content)
            data = self.rfile.read(size + 2)
            if len(data) != size + 2:
                raise ConnectionError("the body has broken off")
            content += data[:size]

    def address_string(self):
        return "registry"

    def log_message(self, format, *args):
        """Says nothing of each request: the registry counts them."""


def refuse_constant(name):
    raise ValueError(f"{name} is no JSON")


def finite(text):
    """A number, unless no double holds it: Python would read 1e400 as infinity, which is no input."""
    number = float(text)
    if math.isinf(number):
        raise WrongInput(f"the number {text[:16]} is beyond what a double holds")
    return number


def whole(text):
    finite(text)
    return int(text)


def described(error):
    return {"error": str(error) or type(error).__name__, "type": type(error).__name__}


class Server:
    """Accepts until it is told to end, and then waits for the answers that are on their way."""

    BUSY = (b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: 16\r\n"
            b"Retry-After: 1\r\nConnection: close\r\n\r\n" b'{"error":"busy"}')

    def __init__(self, listener):
        self._listener = listener
        self._threads = set()
        self._lock = threading.Lock()
        self._refused = collections.deque(maxlen=32)
        limit = resource.getrlimit(resource.RLIMIT_NPROC)[0]
        self._max = MAX_THREADS if limit == resource.RLIM_INFINITY else max(1, min(MAX_THREADS, limit - SPARE_PROCESSES))

    def run(self, ending):
        """Runs until the descriptor ``ending`` can be read."""
        self._listener.setblocking(False)
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(ending, selectors.EVENT_READ)
            while True:
                if any(key.fd == ending for key, _ in selector.select()):
                    break
                self.accept()
        self._listener.close()
        for thread in list(self._threads):
            thread.join()

    def accept(self):
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        connection.setblocking(True)
        thread = threading.Thread(target=self.handle, args=(connection,), daemon=True)
        with self._lock:
            busy = len(self._threads) >= self._max
            if not busy:
                self._threads.add(thread)
        if not busy:
            try:
                thread.start()
                return
            except RuntimeError:  # no more threads for this process
                with self._lock:
                    self._threads.discard(thread)
        # Answered here, so that a busy process is not taken for one that hangs. It stays open for a while: a caller that
        # still writes to it would not read the answer otherwise.
        connection.settimeout(1)
        try:
            connection.sendall(self.BUSY)
            connection.shutdown(socket.SHUT_WR)
            self._refused.append(connection)
        except OSError:
            connection.close()

    def handle(self, connection):
        try:
            with connection:
                Handler(connection, "registry", self)
        except OSError:
            pass  # the caller has gone
        finally:
            with self._lock:
                self._threads.discard(threading.current_thread())


def load(format, package):
    """Loads the package. Its modules are found before the environment's."""
    sys.path.insert(0, package)
    if format == "python":
        return PackageModel(package)
    if format == "python-pickle":
        return PickledModel(package)
    raise ValueError(f"a Python serves the formats python and python-pickle, not {format}")


def main():
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    signal.set_wakeup_fd(writer.fileno())
    signal.signal(signal.SIGTERM, lambda *_: None)
    listener = socket.socket(fileno=int(os.environ["REGISTRY_SOCKET_FD"]))
    began = time.monotonic()
    Handler.model = load(sys.argv[1], os.environ["REGISTRY_PACKAGE"])
    print(f"The model is loaded, after {time.monotonic() - began:.1f} s.", flush=True)
    Server(listener).run(reader.fileno())


if __name__ == "__main__":
    main()
