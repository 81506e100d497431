from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer


class AddOne(Model):
    def __init__(self):
        super().__init__("add_one")
        self.ready = True

    async def get_input_types(self):
        return [{"name": "x", "datatype": "FP32", "shape": [1]}]

    async def get_output_types(self):
        return [{"name": "y", "datatype": "FP32", "shape": [1]}]

    async def predict(self, request: InferRequest, headers=None, response_headers=None):
        (x,) = request.inputs
        y = InferOutput("y", list(x.shape), "FP32")
        y.set_data_from_numpy(x.as_numpy() + 1, binary_data=False)
        return InferResponse(request.id, self.name, [y])


if __name__ == "__main__":
    ModelServer().start([AddOne()])
