/**
 * What papers and other libraries call the rules, pre-aggregators and attacks that have another name here. For the
 * sentence that refuses such a name, which then says what it is called here; none of them is taken.
 */

/** Without case, hyphens and underscores. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  mean: ['average', 'avg', 'fedavg'],
  median: ['cm', 'cwm', 'cwmed', 'cwmedian', 'comed', 'coordinatewisemedian', 'coordinatemedian'],
  'trimmed-mean': ['tm', 'trmean', 'trimmean', 'cwtm', 'cwtrmean', 'coordinatewisetrimmedmean'],
  'geometric-median': ['gm', 'geomed', 'rfa', 'weiszfeld', 'smoothedweiszfeld'],
  'multi-krum': ['mkrum', 'mulkrum'],
  'centered-clipping': ['cc', 'cclip', 'ccl', 'clipping', 'centerclip'],
  mda: ['mva', 'minimumdiameteraveraging', 'minimumdiameter'],
  meamed: ['mom', 'meanaroundmedian', 'meanofmedian'],
  ctma: ['centeredtrimmedmetaaggregator', 'metaaggregator'],
  nnm: ['nearestneighbormixing', 'nearestneighbourmixing', 'mixing'],
  bucketing: ['resampling'],
  alie: ['little', 'lie'],
  ipm: ['foe', 'fallofempires', 'empire'],
  'sign-flip': ['sf', 'signflipping', 'bitflip'],
  'label-flip': ['lf', 'labelflipping'],
};

/** The known name of what is called so elsewhere; `plain` is written in lower case. */
export function nameHereOf(plain: string, known: readonly string[]): string | undefined {
  const bare = plain.replaceAll('-', '');
  return known.find((name) => OTHER_NAMES[name]?.includes(bare));
}
