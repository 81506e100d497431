// The KServe v2 open inference protocol, by the numbers of its published fields: as much of it as is called.
import type { Field, Schema } from './protobuf.js';

const string = (id: number): Field => ({ id, type: 'string' });
const repeated = (type: Field['type'], id: number): Field => ({ id, type, repeated: true });

const TENSOR: Schema = { name: string(1), datatype: string(2), shape: repeated('int64', 3) };
const MODEL: Schema = { name: string(1) };

export const MESSAGES = {
  Empty: {},
  ModelMetadataRequest: { name: string(1), version: string(2) },
  ModelMetadataResponse: {
    name: string(1),
    inputs: repeated({ message: TENSOR }, 4),
    outputs: repeated({ message: TENSOR }, 5),
  },
  ModelInferRequest: {
    modelName: string(1),
    id: string(3),
    inputs: repeated({ message: TENSOR }, 5),
    rawInputContents: repeated('bytes', 7),
  },
  RepositoryIndexRequest: { repositoryName: string(1) },
  RepositoryIndexResponse: { models: repeated({ message: MODEL }, 1) },
} as const satisfies Readonly<Record<string, Schema>>;

export type MessageName = keyof typeof MESSAGES;

export const KSERVE_SERVICE = 'inference.GRPCInferenceService';
