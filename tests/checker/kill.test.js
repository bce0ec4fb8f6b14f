// kill -9 under load, again and again, on the same folder. ALLIM_KILLS says how often, ALLIM_SEED repeats
// the decisions of a run.
import { after, test } from 'node:test';
import { sleep } from '../integration/lib/wait.js';
import { checkedServer } from './lib/checked_server.js';
import { Scenario } from './lib/scenario.js';

const KILLS = Number(process.env.ALLIM_KILLS ?? 20);
const KILLS_PER_FOLDER = 25;

async function killOften(context, kills, retries) {
  const server = await checkedServer(after);
  const scenario = new Scenario({ server, publisher: { retries } }).start();
  context.diagnostic(`seed ${scenario.seed}`);
  for (let round = 0; round < kills; round++) {
    await sleep(scenario.random.between(50, 700));
    await server.kill();
    await server.start();
  }
  await sleep(200);
  await scenario.verify(context);
  const times = server.startTimes.slice(1).sort((a, b) => a - b);
  context.diagnostic(`${kills} kills; restarted and ready in ${times[times.length >> 1]} ms (median), ${times.at(-1)} ms at most`);
  await server.stop();
}

const rounds = Math.max(2, Math.ceil(KILLS / KILLS_PER_FOLDER));
for (let round = 0; round < rounds; round++) {
  const kills = Math.ceil((KILLS - round) / rounds);
  const retries = round % 2 === 0;
  const what = retries ? 'unknown publishes are repeated under their key' : 'unknown publishes stay unknown';
  test(`kill -9, ${kills} times (${round + 1} of ${rounds}); ${what}`, (context) => killOften(context, kills, retries));
}
