// The programs of the field tests that come from package registries, each of one version.
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CachedProgram, call } from '../support/cache.js';

const KAFKA = '4.3.1';

/** A broker and its tools from Maven Central, with something that prints their log. */
export const kafka: CachedProgram = {
  name: `kafka-${KAFKA}`,
  async install(folder) {
    const artifacts = [
      ['org.apache.kafka', 'kafka_2.13', KAFKA],
      ['org.apache.kafka', 'kafka-tools', KAFKA],
      ['org.slf4j', 'slf4j-simple', '1.7.36'],
    ].map(
      ([group, artifact, version]) =>
        `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`,
    );
    writeFileSync(
      join(folder, 'pom.xml'),
      `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>generate-certs</groupId>
  <artifactId>field</artifactId>
  <version>1</version>
  <dependencies>${artifacts.join('')}</dependencies>
</project>\n`,
    );
    const copy = ['dependency:copy-dependencies', `-DoutputDirectory=${join(folder, 'libs')}`];
    await call('mvn', ['-q', '-B', ...copy], { cwd: folder });
  },
  use: (folder) => join(folder, 'libs', '*'),
};

const FERRETDB = 'v1.24.2';

/** Built from the Go module, which lacks the file of its version that a release has. */
export const ferretdb: CachedProgram = {
  name: `ferretdb-${FERRETDB}`,
  async install(folder) {
    const module = `github.com/FerretDB/FerretDB@${FERRETDB}`;
    const { Dir } = JSON.parse(await call('go', ['mod', 'download', '-json', module])) as { Dir: string };
    const source = join(folder, 'source');
    cpSync(Dir, source, { recursive: true });
    // Go's own copies are read-only.
    await call('chmod', ['-R', 'u+w', source]);
    writeFileSync(join(source, 'build', 'version', 'version.txt'), `${FERRETDB}\n`);
    await call('go', ['build', '-o', join(folder, 'ferretdb'), './cmd/ferretdb'], { cwd: source });
    rmSync(source, { recursive: true });
  },
  use: (folder) => join(folder, 'ferretdb'),
};

const MONGOSH = '2.12.0';

export const mongosh: CachedProgram = {
  name: `mongosh-${MONGOSH}`,
  async install(folder) {
    const quick = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save'];
    await call('npm', ['install', ...quick, '--prefix', folder, `mongosh@${MONGOSH}`]);
  },
  use: (folder) => join(folder, 'node_modules', '.bin', 'mongosh'),
};

const NATS = 'v0.5.0';

export const natsCli: CachedProgram = {
  name: `nats-${NATS}`,
  async install(folder) {
    await call('go', ['install', `github.com/nats-io/natscli/nats@${NATS}`], { env: { GOBIN: folder } });
  },
  use: (folder) => join(folder, 'nats'),
};
