/** Parsers of tool calls that a model writes as text, in the formats of many model families. Nothing here executes a call. */
@NullMarked
package io.neurovisor.agent.calls;

import org.jspecify.annotations.NullMarked;
