/**
 * One thin adapter for each service, and the interceptors: requests become domain values here, and
 * domain values become responses. No model and no store is known here.
 */
@NullMarked
package dev.earshot.grpc;

import org.jspecify.annotations.NullMarked;
