import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

/** A client of the tests' model server, with the certificates in a layout's folder. */
export interface KserveClient {
  /** Has the model add one to a number. */
  readonly infer: (number: number) => Promise<number>;
  /** Sends a tensor as it is and gives the answer's. */
  readonly inferRaw: (tensor: Buffer) => Promise<Buffer>;
  readonly stream: (onError: (error: string) => void) => KserveStream;
  /** The serial number of the certificate that the endpoint shows to a new connection. */
  readonly serverSerialNumber: () => Promise<string>;
  readonly close: () => void;
}

export interface KserveStream {
  readonly send: (number: number) => void;
  /** How many answers came. */
  readonly received: () => number;
  /** Resolves when the server has ended it too. */
  readonly end: () => Promise<void>;
}

const PROTO = fileURLToPath(new URL('kserve.proto', import.meta.url));

export async function kserveClient(target: string, certificates: string): Promise<KserveClient> {
  const read = (name: string) => readFileSync(join(certificates, name));
  const load = () => ({ ca: read('server.pem'), key: read('client.key'), cert: read('client.pem') });
  const material = load();
  const { inference } = grpc.loadPackageDefinition(
    await loader.load(PROTO, { keepCase: true, longs: Number }),
  ) as never as { inference: { GRPCInferenceService: grpc.ServiceClientConstructor } };
  const client = new inference.GRPCInferenceService(
    target,
    grpc.credentials.createSsl(material.ca, material.key, material.cert),
    {
      'grpc.max_receive_message_length': -1,
      'grpc.max_send_message_length': -1,
      'grpc.enable_http_proxy': 0,
    },
  ) as grpc.Client & Record<string, (...args: unknown[]) => grpc.ClientDuplexStream<unknown, unknown>>;
  const request = (raw: Buffer) => ({
    model_name: 'plus-one',
    inputs: [{ name: 'input', datatype: 'FP32', shape: [raw.length / 4] }],
    raw_input_contents: [raw],
  });
  const inferRaw = (raw: Buffer) =>
    new Promise<Buffer>((resolve, reject) => {
      client.ModelInfer?.(request(raw), (error: Error | null, answer: { raw_output_contents: Buffer[] }) => {
        if (error === null) resolve(answer.raw_output_contents[0] ?? Buffer.alloc(0));
        else reject(error);
      });
    });
  return {
    infer: async (number) => (await inferRaw(floats(number))).readFloatLE(),
    inferRaw,
    stream: (onError) => {
      const call = client.ModelStreamInfer?.() as grpc.ClientDuplexStream<unknown, unknown>;
      let received = 0;
      call.on('data', () => {
        received++;
      });
      call.on('error', (error) => onError(`${error}`));
      const ended = new Promise<void>((resolve) => call.on('status', () => resolve()));
      return {
        send: (number) => call.write(request(floats(number))),
        received: () => received,
        end: () => {
          call.end();
          return ended;
        },
      };
    },
    serverSerialNumber: () => {
      const [host = '', port] = target.split(':');
      return new Promise((resolve, reject) => {
        const socket = connect({
          host,
          port: Number(port),
          servername: host,
          ALPNProtocols: ['h2'],
          ...load(),
        });
        socket.on('error', reject);
        socket.on('secureConnect', () => {
          resolve(socket.getPeerCertificate().serialNumber.toLowerCase());
          socket.destroy();
        });
      });
    },
    close: () => client.close(),
  };
}

function floats(number: number): Buffer {
  const raw = Buffer.alloc(4);
  raw.writeFloatLE(number);
  return raw;
}
