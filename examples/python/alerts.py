#!/usr/bin/python3
"""Prints alerts as they come over gRPC, one JSON object a line."""

import argparse
import importlib
import json
import pathlib
import queue
import sys
import tempfile

import grpc
from grpc_tools import protoc

PROTO = pathlib.Path(__file__).resolve().parents[2] / "crates/serve/proto"


def stubs(folder):
    """Makes Python modules of the .proto files and imports them."""
    files = ["schema.proto", "outputs.proto", "version.proto"]
    include = pathlib.Path(protoc.__file__).parent / "_proto"
    arguments = ["protoc", f"-I{PROTO}", f"-I{include}", f"--python_out={folder}", f"--grpc_python_out={folder}"]
    if protoc.main(arguments + files) != 0:
        sys.exit("the .proto files cannot be compiled")
    sys.path.insert(0, folder)
    return [importlib.import_module(name) for name in
            ("outputs_pb2", "outputs_pb2_grpc", "version_pb2", "version_pb2_grpc", "schema_pb2")]


def channel(options):
    if options.address.startswith("unix:"):
        return grpc.insecure_channel(options.address)
    read = lambda path: pathlib.Path(path).read_bytes() if path else None
    credentials = grpc.ssl_channel_credentials(read(options.ca), read(options.key), read(options.cert))
    return grpc.secure_channel(options.address, credentials)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--address", default="unix:///run/falco/falco.sock")
    arguments.add_argument("--ca", help="PEM file of who vouches for the server")
    arguments.add_argument("--cert", help="PEM file of our certificate")
    arguments.add_argument("--key", help="PEM file of our key")
    arguments.add_argument("--get", action="store_true", help="print what is there, and end")
    arguments.add_argument("--version", action="store_true", help="print who answers, and end")
    arguments.add_argument("--count", type=int, help="end after so many alerts")
    options = arguments.parse_args()

    with tempfile.TemporaryDirectory() as folder, channel(options) as connection:
        outputs, outputs_grpc, version, version_grpc, schema = stubs(folder)
        if options.version:
            answer = version_grpc.serviceStub(connection).version(version.request(), timeout=30)
            print(json.dumps({field.name: value for field, value in answer.ListFields()}))
            return
        service = outputs_grpc.serviceStub(connection)
        requests = queue.SimpleQueue()
        requests.put(outputs.request())
        alerts = service.get(outputs.request()) if options.get else service.sub(iter(requests.get, None))
        for n, alert in enumerate(alerts, 1):
            print(json.dumps({
                "time": alert.time.ToJsonString(),
                "priority": schema.priority.Name(alert.priority),
                "rule": alert.rule,
                "output": alert.output,
                "output_fields": dict(alert.output_fields),
                "hostname": alert.hostname,
                "tags": list(alert.tags),
                "source": alert.source,
            }), flush=True)
            if n == options.count:
                requests.put(None)
                return


if __name__ == "__main__":
    try:
        main()
    except grpc.RpcError as error:
        sys.exit(f"{error.code().name}: {error.details()}")
