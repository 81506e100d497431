import triton_python_backend_utils as triton


class TritonPythonModel:
    def execute(self, requests):
        return [triton.InferenceResponse([self.add_one(request)]) for request in requests]

    def add_one(self, request):
        x = triton.get_input_tensor_by_name(request, "x").as_numpy()
        return triton.Tensor("y", x + 1)
