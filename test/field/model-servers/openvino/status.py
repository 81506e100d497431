# What OpenVINO Model Server's own clients ask for a model's status, in plaintext or with mutual TLS. It stands in for the
# server, which no package registry has, and speaks by the messages that ovmsclient brings.
import sys
from concurrent import futures

import grpc
from ovmsclient.tfs_compat.protos.tensorflow_serving.apis import get_model_status_pb2 as messages
from ovmsclient.tfs_compat.protos.tensorflow_serving.apis import model_service_pb2_grpc as service


class Status(service.ModelServiceServicer):
    def GetModelStatus(self, request, context):
        answer = messages.GetModelStatusResponse()
        answer.model_version_status.add(version=1, state=30)
        return answer


def read(path):
    with open(path, "rb") as file:
        return file.read()


server = grpc.server(futures.ThreadPoolExecutor(4))
service.add_ModelServiceServicer_to_server(Status(), server)
address, *files = sys.argv[1:]
if files:
    certificate, key, ca = map(read, files)
    server.add_secure_port(address, grpc.ssl_server_credentials([(key, certificate)], ca, True))
else:
    server.add_insecure_port(address)
server.start()
print("serving", flush=True)
server.wait_for_termination()
