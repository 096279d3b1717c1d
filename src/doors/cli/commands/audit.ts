/** `sluice audit`: reading, proving, keeping and handing on the record of who read what. */
import { Option } from 'commander';
import { withFilters, withPeriod } from '../audit/filters.ts';
import { auditCheckpoint, auditExport, auditRetain, auditVerify } from '../audit/keep.ts';
import { auditReplay } from '../audit/replay.ts';
import { auditSearch, auditTail } from '../audit/search.ts';
import { auditSinks } from '../audit/sinks.ts';
import { collect, type Register, url, wholeNumber, withCaller, withJson } from '../registration.ts';

const REPLAY = `
Exit codes: 0 no more of tagged columns would have been released, 2 more would or may have been, 1 failure.

Examples:
  sluice audit replay --since 7d                            under what a push would bring
  sluice audit replay --since 30d --policies drafts/
  sluice audit replay --from 2026-03-01 --against 1f0c9a7e22d4 --json`;

export const auditCommands: Register = ({ program, config, wiring, run }) => {
  const audit = program.command('audit').description('the audit chain');
  withJson(audit.command('verify').description('check the whole chain, and say what that proves'))
    .option('--expect-head <hash>', 'a head that was noted elsewhere: the chain must hold it')
    .option('--checkpoint <file>', 'one that was kept elsewhere: the chain must go through it')
    .option(
      '--public-key <file>',
      'who may sign checkpoints, again for more (default: the configured key)',
      collect,
    )
    .option('--file <file>', 'an export (NDJSON) instead of the log')
    .action((options) => run(() => auditVerify(options, config(), wiring), options));
  audit
    .command('tail')
    .description('the newest events')
    .option('-n, --lines <count>', 'how many', wholeNumber, 20)
    .option('-f, --follow', 'and each further one as it comes')
    .option('--json', 'one JSON object a line')
    .action((options) => run(() => auditTail(options, config(), wiring), options));
  withFilters(withCaller(audit.command('search').description('events, newest first')))
    .option('-n, --limit <count>', 'how many (at most 1000)', wholeNumber, 100)
    .option('--json', 'one JSON object a line')
    .action((options) => run(() => auditSearch(options, config(), wiring), options));
  withPeriod(audit.command('export').description('the events of a period, whole, into a file'))
    .addOption(new Option('--format <format>').choices(['ndjson', 'parquet']).default('ndjson'))
    .requiredOption('-o, --out <file>', 'the file to write')
    .action((options) => run(() => auditExport(options, config(), wiring)));
  audit
    .command('checkpoint')
    .description('where the chain stands, signed where there is a key: to be kept elsewhere')
    .action(() => run(() => auditCheckpoint(config(), wiring)));
  withJson(audit.command('sinks').description('how far each sink has come')).action((options) =>
    run(() => auditSinks(options, config(), wiring), options),
  );
  withPeriod(withJson(audit.command('replay')))
    .description('what the files, or a state of the history, would have decided of the queries of a period')
    .option('--against <state>', 'a state of `sluice history`, or `applied` (default: the files)')
    .option('--manifest <file>', 'manifest.json (default: metadata.manifest)')
    .option('--catalog <file>', 'catalog.json (default: metadata.catalog)')
    .option('--policies <path>', 'folder or file of policies (default: policies)')
    .option('--catalogue <folder>', "catalogue files (`sluice export`) instead of dbt's artifacts")
    .option('--server <url>', 'a running gate, elsewhere', url)
    .option('--token <jwt>', 'a bearer token, for --server')
    .option('--as <persona>', 'a persona of the development issuer, for --server')
    .addHelpText('after', REPLAY)
    .action((options) => run(() => auditReplay(options, config(), wiring), options));
  withJson(audit.command('retain').description('let events go that are older than audit.retention.keep'))
    .option('--dry-run', 'only say what would go')
    .action((options) => run(() => auditRetain(options, config(), wiring), options));
};
