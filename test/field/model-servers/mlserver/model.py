from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceResponse


class AddOne(MLModel):
    async def predict(self, payload):
        (x,) = payload.inputs
        y = NumpyCodec.encode_output("y", NumpyCodec.decode_input(x) + 1)
        return InferenceResponse(model_name=self.name, outputs=[y])
