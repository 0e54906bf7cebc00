package io.neurovisor.e2b.control;

import com.fasterxml.jackson.databind.JsonNode;
import io.neurovisor.e2b.DaemonCalls;
import io.neurovisor.e2b.Fields;
import io.neurovisor.e2b.Json;
import io.neurovisor.server.http.api.HttpExchange;
import java.io.IOException;
import java.util.Optional;

/** A request whose operation is known. */
record Call(HttpExchange exchange, DaemonCalls daemon, String id) {
    Fields body() throws IOException {
        return new Fields(Json.read(exchange));
    }

    Optional<String> parameter(String name) {
        return exchange.parameters(name).stream().findFirst();
    }

    void answer(int status, JsonNode body) throws IOException {
        exchange.setStatus(status);
        Json.write(exchange, body);
    }

    void done() {
        exchange.setStatus(204);
    }
}
