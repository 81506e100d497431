// A Spring Boot server with the files of the layout java, in each of the ways that docs/recipes.md shows.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';
import { loadCertificateSet } from '../../dist/index.mjs';
import { block, generateCerts, run, workFolder } from './support.mjs';

const BOOT = process.env.SPRING_BOOT ?? '4.0.7';
const STARTER = BOOT.startsWith('3.') ? 'spring-boot-starter-web' : 'spring-boot-starter-webmvc';

const artifact = (name) => `<groupId>org.springframework.boot</groupId><artifactId>${name}</artifactId>`;
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <parent>${artifact('spring-boot-starter-parent')}<version>${BOOT}</version></parent>
  <groupId>app</groupId><artifactId>app</artifactId><version>1</version>
  <dependencies><dependency>${artifact(STARTER)}</dependency></dependencies>
  <build>
    <finalName>app</finalName>
    <plugins><plugin>${artifact('spring-boot-maven-plugin')}</plugin></plugins>
  </build>
</project>
`;
const APP = `package app;

import java.security.cert.X509Certificate;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestAttribute;
import org.springframework.web.bind.annotation.RestController;

@SpringBootApplication
@RestController
public class App {
  public static void main(String[] args) {
    SpringApplication.run(App.class, args);
  }

  @GetMapping("/")
  String who(@RequestAttribute("jakarta.servlet.request.X509Certificate") X509Certificate[] chain) {
    return chain[0].getSubjectX500Principal().getName();
  }
}
`;

const folder = workFolder('spring');
mkdirSync(join(folder, 'src/main/java/app'), { recursive: true });
writeFileSync(join(folder, 'pom.xml'), POM);
writeFileSync(join(folder, 'src/main/java/app/App.java'), APP);
run('mvn', ['-q', '-B', 'package'], folder);

const FLAWS = ['unknown-ca', 'expired', 'wrong-usage'];
const untrusted = FLAWS.flatMap((flaw) => ['--untrusted', flaw]);
generateCerts(['-q', '--layout', 'java', '--client', 'alice', ...untrusted, 'localhost'], folder);
const set = await loadCertificateSet(join(folder, 'certs'));
const written = readFileSync(join(folder, 'certs/server/application.properties'), 'utf8');
const WAYS = {
  'application.properties': written.replaceAll('/certs/', `${join(folder, 'certs/server')}/`),
  'a PEM bundle': block('properties spring-pem'),
  'a keystore bundle': block('properties spring-jks'),
};

let wrong = 0;
for (const [way, properties] of Object.entries(WAYS)) {
  writeFileSync(join(folder, 'application.properties'), `${properties}\nserver.port=0\n`);
  const { port, end } = await start();
  await check(`${way}: alice`, 'let in as CN=alice', () => get(port, set.client('alice').tlsOptions()));
  await check(`${way}: no certificate`, 'refused', () => get(port, { ca: set.trustedPem }));
  for (const flaw of FLAWS) {
    await check(`${way}: ${flaw}`, 'refused', () => get(port, set.untrusted(flaw).tlsOptions()));
  }
  if (properties.includes('reload-on-update=true')) await checkReload(port, way);
  await end();
}
process.exitCode = wrong === 0 ? 0 : 1;

/** Starts the server, and resolves when it says its port. */
function start() {
  const child = spawn('java', ['-jar', 'target/app.jar'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
      const [, port] = /started on port (\d+) \(https\)/.exec(output) ?? [];
      if (port === undefined) return;
      const end = () => {
        child.kill();
        return ended;
      };
      resolve({ port: Number(port), end });
    });
    child.on('exit', () => reject(new Error(`the server ended:\n${output}`)));
  });
}

function get(port, options) {
  return new Promise((resolve) => {
    const request = https.get({ host: 'localhost', port, agent: false, ...options }, (response) => {
      const serial = response.socket.getPeerCertificate().serialNumber.toLowerCase();
      let text = '';
      response.on('data', (data) => {
        text += data;
      });
      response.on('end', () => resolve({ answer: `let in as ${text}`, serial }));
    });
    request.on('error', () => resolve({ answer: 'refused' }));
  });
}

async function check(title, expected, act) {
  const { answer } = await act();
  const isRight = answer === expected;
  if (!isRight) wrong++;
  console.log(`${isRight ? 'right' : 'WRONG'}  ${title}: ${answer}`);
}

/** A renewed set is taken without a restart. It waits for the event, and a minute at most. */
async function checkReload(port, way) {
  generateCerts(['renew', '-q'], folder);
  const renewed = await loadCertificateSet(join(folder, 'certs'));
  const serial = BigInt(`0x${renewed.server.certificate.serialNumber}`);
  const until = Date.now() + 60_000;
  const isNew = async () => {
    const answer = await get(port, renewed.client('alice').tlsOptions());
    return answer.serial !== undefined && BigInt(`0x${answer.serial}`) === serial;
  };
  let taken = await isNew();
  while (!taken && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    taken = await isNew();
  }
  if (!taken) wrong++;
  console.log(`${taken ? 'right' : 'WRONG'}  ${way}: a renewed certificate is ${taken ? '' : 'not '}taken`);
}
