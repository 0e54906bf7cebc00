/** Model servers: Ollama's own protocol and the OpenAI-compatible one. The only code that knows LangChain4j. */
@NullMarked
package io.neurovisor.agent.provider;

import org.jspecify.annotations.NullMarked;
