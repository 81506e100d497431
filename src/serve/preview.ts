import { writeNginxConfig } from './nginx/nginx-config.js';
import type { FrontPlan } from './plan.js';
import { examplePrivateFolder } from './processes/private-folder.js';
import { findNginx } from './processes/programs.js';
import { previewTls } from './set/set.js';
import { configOf, placeBackends, resolveSides } from './sides.js';

/**
 * The configuration that NGINX would be given. Nothing is made and nothing is started.
 *
 * @throws {@link GenerateCertsError} `ERR_CONFIG_VALUE`, or as {@link readManifest}
 */
export async function previewConfig(run: {
  readonly plan: FrontPlan;
  readonly out: string;
  readonly log: 'refused' | 'all';
}): Promise<string> {
  const sides = await resolveSides(run.plan);
  const path = await examplePrivateFolder();
  const program = await findNginx().catch(() => ({ http2Directive: false }));
  const file = (name: string) => `${path}/backend/${name}`;
  const nginx = {
    certificate: file('nginx-front.pem'),
    key: file('nginx-front.key'),
    ca: file('ca.pem'),
    name: 'localhost',
  };
  return writeNginxConfig(
    configOf({
      run,
      start: { program },
      sides,
      backends: await placeBackends(sides),
      tls: await previewTls(run.out),
      credentials: { nginx },
      path,
    }),
  );
}
