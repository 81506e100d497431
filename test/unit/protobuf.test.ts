// Messages as protobufjs, which is not ours, writes and reads them.
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { expect, test } from 'vitest';
import { MESSAGES } from '../../src/verify/protocols/kserve/messages.js';
import { decodeMessage, encodeMessage } from '../../src/verify/protocols/kserve/protobuf.js';

const { root } = protobuf.parse(`
  syntax = "proto3";
  message Tensor { string name = 1; string datatype = 2; repeated int64 shape = 3; }
  message Metadata { string name = 1; repeated Tensor inputs = 4; repeated Tensor outputs = 5; string other = 9; }
  message Infer { string model_name = 1; repeated Tensor inputs = 5; repeated bytes raw_input_contents = 7; }
`);
const tensors = fc.array(
  fc.record({ name: fc.string(), datatype: fc.string(), shape: fc.array(fc.integer()) }),
  { maxLength: 5 },
);

test('what is written reads back elsewhere', () => {
  const type = root.lookupType('Infer');
  fc.assert(
    fc.property(fc.string(), tensors, fc.array(fc.uint8Array()), (modelName, inputs, raw) => {
      const rawInputContents = raw.map((bytes) => Buffer.from(bytes));
      const bytes = encodeMessage(MESSAGES.ModelInferRequest, { modelName, inputs, rawInputContents });
      const read = type.toObject(type.decode(bytes), { longs: Number, defaults: true, bytes: Array });
      expect(read).toEqual({
        modelName,
        inputs: inputs.map((tensor) => ({ ...tensor })),
        rawInputContents: raw.map((value) => [...value]),
      });
    }),
  );
});

test('what was written elsewhere is read, and fields that are not known are passed over', () => {
  const type = root.lookupType('Metadata');
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), tensors, fc.string(), (name, inputs, other) => {
      const bytes = Buffer.from(type.encode(type.create({ name, inputs, outputs: [], other })).finish());
      const read = decodeMessage(MESSAGES.ModelMetadataResponse, bytes) as { name: string; inputs: object[] };
      expect(read.name).toBe(name);
      expect(read.inputs).toHaveLength(inputs.length);
      for (const [index, { shape }] of inputs.entries()) expect(read.inputs[index]).toMatchObject({ shape });
    }),
  );
});

test('any bytes are read or refused, and nothing hangs', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        decodeMessage(MESSAGES.ModelMetadataResponse, Buffer.from(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }),
  );
});
