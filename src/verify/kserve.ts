import type { Type } from 'protobufjs/light.js';

// The KServe v2 open inference protocol, by the numbers of its published fields: as much of it as is called.
const string = (id: number) => ({ type: 'string', id });
const repeated = (type: string, id: number) => ({ rule: 'repeated', type, id });
const tensor = { fields: { name: string(1), datatype: string(2), shape: repeated('int64', 3) } };

const DEFINITIONS = {
  nested: {
    Empty: { fields: {} },
    ModelMetadataRequest: { fields: { name: string(1), version: string(2) } },
    ModelMetadataResponse: {
      fields: { name: string(1), inputs: repeated('Tensor', 4), outputs: repeated('Tensor', 5) },
    },
    ModelInferRequest: {
      fields: { modelName: string(1), inputs: repeated('Tensor', 5), rawInputContents: repeated('bytes', 7) },
    },
    ModelInferResponse: { fields: { modelName: string(1), outputs: repeated('Tensor', 5) } },
    RepositoryIndexRequest: { fields: { repositoryName: string(1) } },
    RepositoryIndexResponse: { fields: { models: repeated('Model', 1) } },
    Tensor: tensor,
    Model: { fields: { name: string(1) } },
  },
};

export type MessageName = keyof (typeof DEFINITIONS)['nested'];

let types: Map<string, Type> | undefined;

/** A message of the protocol. */
export async function messageType(name: MessageName): Promise<Type> {
  if (types === undefined) {
    const { Root } = (await import('protobufjs/light.js')).default;
    const root = Root.fromJSON(DEFINITIONS);
    types = new Map(Object.keys(DEFINITIONS.nested).map((key) => [key, root.lookupType(key)]));
  }
  return types.get(name) as Type;
}

export const KSERVE_SERVICE = 'inference.GRPCInferenceService';
