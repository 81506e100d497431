"""A model server on gRPC C-core, with one model that adds one to its input: native TLS as model servers have it.

Takes --port, --grpc_bind_address, --model_name and the three flags of native gRPC TLS, in both forms. Prints
`pid N` at once and `grpc N` when it listens. Answers KServe v2 ServerLive and ModelInfer (raw contents).
"""
import argparse
import os
import struct
from concurrent import futures

import grpc

SERVICE = "/inference.GRPCInferenceService/"


def fields(message):
    """The fields of a protobuf message, as (number, value): https://protobuf.dev/programming-guides/encoding/."""
    position = 0

    def varint():
        nonlocal position
        value = shift = 0
        while True:
            byte = message[position]
            position += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while position < len(message):
        number, kind = divmod(varint(), 8)
        if kind == 0:
            yield number, varint()
        else:
            length = varint()
            yield number, message[position : position + length]
            position += length


def field(number, value):
    length, size = bytearray(), len(value)
    while size >= 0x80:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    length.append(size)
    return bytes([number << 3 | 2]) + bytes(length) + value


def live(_request, _context):
    return b"\x08\x01"


def infer(request, _context):
    raw = next(value for number, value in fields(request) if number == 7)
    numbers = struct.unpack(f"<{len(raw) // 4}f", raw)
    return field(6, struct.pack(f"<{len(numbers)}f", *(number + 1 for number in numbers)))


class Handler(grpc.GenericRpcHandler):
    def service(self, details):
        methods = {SERVICE + "ServerLive": live, SERVICE + "ModelInfer": infer}
        method = methods.get(details.method)
        return None if method is None else grpc.unary_unary_rpc_method_handler(method)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def main():
    print("pid", os.getpid(), flush=True)
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", default="0")
    parser.add_argument("--grpc_bind_address", default="127.0.0.1")
    parser.add_argument("--model_name")
    for part in ("certificate", "key", "ca"):
        parser.add_argument(f"--grpc_{part}_path")
    values = parser.parse_args()
    server = grpc.server(futures.ThreadPoolExecutor(4), handlers=(Handler(),), options=[("grpc.so_reuseport", 0)])
    address = f"{values.grpc_bind_address}:{values.port}"
    if values.grpc_certificate_path:
        pair = (read(values.grpc_key_path), read(values.grpc_certificate_path))
        credentials = grpc.ssl_server_credentials([pair], read(values.grpc_ca_path), require_client_auth=True)
        port = server.add_secure_port(address, credentials)
    else:
        port = server.add_insecure_port(address)
    server.start()
    print("grpc", port, flush=True)
    server.wait_for_termination()


main()
