/** What the agent knows of a language model: messages, tool calls and the port to whatever serves it. No wire format is known here. */
@NullMarked
package io.neurovisor.agent.model;

import org.jspecify.annotations.NullMarked;
