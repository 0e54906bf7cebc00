/** One run of code: the request, its outcome, and the orchestration every door calls. Nothing here knows how a microVM is made. */
@NullMarked
package io.neurovisor.engine.execution;

import org.jspecify.annotations.NullMarked;
