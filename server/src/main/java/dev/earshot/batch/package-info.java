/**
 * Micro-batching and admission: workers that take what waits, earliest deadline first, in batches
 * that a fitted cost model sizes so that each member still makes its deadline.
 *
 * <p>Work on what one core can do in time is scheduled by earliest deadline first, which is optimal
 * where all of it can be done (Liu and Layland, <i>Scheduling algorithms for multiprogramming in a
 * hard-real-time environment</i>, JACM 20(1), 1973), and collapses where it cannot. So what cannot
 * be done is refused on arrival, or dropped when its turn comes.
 */
@NullMarked
package dev.earshot.batch;

import org.jspecify.annotations.NullMarked;
