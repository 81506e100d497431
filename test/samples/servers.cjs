// What the four sample suites call: an https server that greets a client by its certificate's name, a
// gRPC server that echoes, and a call of each. The TLS options are all that they take from the set.

exports.startHttps = async (https, tlsOptions) => {
  const server = https.createServer(tlsOptions, (request, response) => {
    response.end(`hello ${request.socket.getPeerCertificate().subject.CN}`);
  });
  await new Promise((resolve) => server.listen(0, 'localhost', resolve));
  const stop = () => new Promise((resolve) => server.close(resolve));
  return { url: `https://localhost:${server.address().port}`, stop };
};

exports.callHttps = (https, url, tlsOptions) =>
  new Promise((resolve, reject) => {
    const request = https.get(url, { ...tlsOptions, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => {
        body += text;
      });
      response.on('end', () => resolve(body)).on('error', reject);
    });
    request.on('error', reject);
  });

const same = (bytes) => bytes;
const ECHO = {
  path: '/sample.Echo/Echo',
  requestStream: false,
  responseStream: false,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
};

exports.startGrpc = async (grpc, grpcArguments) => {
  const server = new grpc.Server();
  server.addService({ echo: ECHO }, { echo: (call, answer) => answer(null, call.request) });
  const credentials = grpc.ServerCredentials.createSsl(...grpcArguments);
  const port = await new Promise((resolve, reject) => {
    server.bindAsync('localhost:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  const stop = () => new Promise((resolve) => server.tryShutdown(resolve));
  return { target: `localhost:${port}`, stop };
};

exports.callGrpc = async (grpc, target, grpcArguments) => {
  // Each call has a connection of its own: a shared one would carry one client's identity for another.
  const credentials = grpc.ChannelCredentials.createSsl(...grpcArguments);
  const client = new grpc.Client(target, credentials, { 'grpc.use_local_subchannel_pool': 1 });
  try {
    return await new Promise((resolve, reject) => {
      client.makeUnaryRequest(ECHO.path, same, same, Buffer.from('hello'), (error, answer) => {
        if (error) reject(error);
        else resolve(String(answer));
      });
    });
  } finally {
    client.close();
  }
};
