/**
 * One run of code: the request, its outcome, and the orchestration that all entry points call. Nothing here depends on
 * how a microVM is made.
 */
@NullMarked
package io.neurovisor.engine.execution;

import org.jspecify.annotations.NullMarked;
