// Some nodes under load while something goes wrong, and what the checker says of it afterwards.
import { sleep } from '../../integration/lib/wait.js';
import { clusterFor } from './cluster.js';
import { delay, drip, freeze, pass } from './fault_proxy.js';
import { chooseSeed } from './random.js';
import { ALL_METHODS, Scenario } from './scenario.js';

export const STORE_TIMEOUT_MS = 1000;
export const SWEEP_MS = 2000;
export const PATIENT_MS = 30000; // where PostgreSQL is well, though perhaps slow

export const moment = (random, low = 200, high = 700) => sleep(random.between(low, high));

export function variablesOf(pollInterval = 200, storeTimeout = STORE_TIMEOUT_MS) {
  return {
    ALLIM_STORE_TIMEOUT: `${storeTimeout}ms`,
    ALLIM_DELIVERY_POLL_INTERVAL: `${pollInterval}ms`,
    ALLIM_DELIVERY_SWEEP_INTERVAL: `${SWEEP_MS}ms`,
  };
}

// A publisher whose node is frozen tries another; what was answered 503 may have been done all the same.
export const INSISTENT = { retries: true, patience: 3000, unsure: [503] };

// Does to each proxy's connections what networks do, one thing after the other in any order.
export async function disturb(random, proxies) {
  const some = () => random.pickSome(proxies, random.between(1, proxies.length));
  const mode = (kind, low, high) => async () => {
    const chosen = some();
    for (const proxy of chosen) proxy.set(kind);
    await moment(random, low, high);
    for (const proxy of chosen) proxy.set(pass);
  };
  const once = (act) => async () => { for (const proxy of some()) act(proxy); };
  const deeds = [
    mode(delay(1, 60), 500, 1000),
    mode(drip(0, 1), 500, 1500),
    mode(freeze, 500, 2 * STORE_TIMEOUT_MS),
    once((proxy) => proxy.reset()),
    once((proxy) => proxy.halfClose('toServer')),
    once((proxy) => proxy.halfClose('toClient')),
  ];
  for (const deed of random.pickSome(deeds, deeds.length)) {
    await moment(random, 100, 400);
    await deed();
  }
}

// `kind` is what a cluster is made of, the fault one of those in faults_of_servers.js.
export async function survive(context, kind, { work, isOutage = false, strict = false, proxied = false }, { pollInterval, methods = ALL_METHODS } = {}) {
  const seed = chooseSeed();
  const variables = variablesOf(pollInterval, strict ? PATIENT_MS : STORE_TIMEOUT_MS);
  const cluster = await clusterFor((hook) => context.after(hook), { ...kind, proxied, seed, variables });
  const scenario = new Scenario({
    server: cluster, seed, methods, clientsUrl: cluster.url, publisherUrl: cluster.url,
    publisher: strict ? {} : INSISTENT,
    options: { statuses: strict ? [] : [503], readStatuses: isOutage ? [503] : [] },
  }).start();
  await work({ random: scenario.random.fork(), cluster, scenario });
  await moment(scenario.random);
  await cluster.ready();
  await scenario.verify(context);
  await cluster.assertAgreement(scenario);
  await cluster.stop();
}
