"""A gRPC C-core server or client for the tests, in whichever form this interpreter has it.

serve: `grpc_peer.py serve '{"certificate": …, "key": …, "ca": …}'` listens on a free loopback port,
prints `port N`, and answers KServe v2 ServerLive. Without a certificate it speaks plaintext; with
one and no ca it asks for no client certificate. With `"reload": path` it reads its files again whenever that file
has another content, as a server does that is told to.

call: `grpc_peer.py call '[{"target": …, "root": …, "certificate": …, "key": …}, …]'` calls ServerLive
once for each and prints a JSON list of {code, details, live}. Without a root it has its own defaults; with
`"override": name` it checks its server for that name, and with `"status": true` a failed call is the exit status.
"""
import json
import sys
from concurrent import futures

import grpc

METHOD = "/inference.GRPCInferenceService/ServerLive"
LIVE = b"\x08\x01"  # ServerLiveResponse { live: true }


def read(path):
    if path is None:
        return None
    with open(path, "rb") as file:
        return file.read()


class ServerLive(grpc.GenericRpcHandler):
    def service(self, details):
        if details.method != METHOD:
            return None
        return grpc.unary_unary_rpc_method_handler(lambda request, context: LIVE)


def reloading(options):
    def configuration():
        pairs = [(read(options["key"]), read(options["certificate"]))]
        return grpc.ssl_server_certificate_configuration(pairs, root_certificates=read(options["ca"]))

    seen = [read(options["reload"])]

    def fetch():
        told = read(options["reload"])
        if told == seen[0]:
            return None
        seen[0] = told
        return configuration()

    return grpc.dynamic_ssl_server_credentials(configuration(), fetch, require_client_authentication=True)


def serve(options):
    server = grpc.server(futures.ThreadPoolExecutor(4), handlers=(ServerLive(),), options=[("grpc.so_reuseport", 0)])
    if options.get("reload"):
        port = server.add_secure_port("127.0.0.1:0", reloading(options))
    elif options.get("certificate"):
        credentials = grpc.ssl_server_credentials(
            [(read(options["key"]), read(options["certificate"]))],
            root_certificates=read(options.get("ca")),
            require_client_auth=options.get("ca") is not None,
        )
        port = server.add_secure_port("127.0.0.1:0", credentials)
    else:
        port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print("port", port, flush=True)
    server.wait_for_termination()


def call(case):
    credentials = grpc.ssl_channel_credentials(
        read(case.get("root")), private_key=read(case.get("key")), certificate_chain=read(case.get("certificate"))
    )
    # Each case has a connection of its own: a shared one would carry one client's identity for another.
    options = [("grpc.use_local_subchannel_pool", 1)]
    if case.get("override"):
        options.append(("grpc.ssl_target_name_override", case["override"]))
    with grpc.secure_channel(case["target"], credentials, options=options) as channel:
        try:
            answer = channel.unary_unary(METHOD)(b"", timeout=20)
            return {"code": "OK", "details": "", "live": answer == LIVE}
        except grpc.RpcError as error:
            return {"code": error.code().name, "details": error.details(), "live": False}


if __name__ == "__main__":
    mode, argument = sys.argv[1], json.loads(sys.argv[2])
    if mode == "serve":
        serve(argument)
    else:
        answers = [call(case) for case in argument]
        print(json.dumps(answers))
        sys.exit(any(case.get("status") and answer["code"] != "OK" for case, answer in zip(argument, answers)))
