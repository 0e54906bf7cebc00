/** The agent: model, tool calls, results, until there is an answer or a limit. Models and sandboxes are ports. */
@NullMarked
package io.neurovisor.agent.loop;

import org.jspecify.annotations.NullMarked;
