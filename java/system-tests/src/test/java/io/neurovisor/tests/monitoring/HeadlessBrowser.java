package io.neurovisor.tests.monitoring;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.neurovisor.tests.fixtures.JsonOverHttp;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A headless Chromium with one page, controlled by the DevTools protocol. Collects the errors that it reports. {@link #close} ends the
 * browser.
 */
final class HeadlessBrowser implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern LISTENS = Pattern.compile("DevTools listening on ws://(127\\.0\\.0\\.1:\\d+)/.*");
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Set<String> SERIOUS = Set.of("error", "warning");

    private final Process process;
    private final HttpClient client = HttpClient.newHttpClient();
    private final WebSocket page;
    private final AtomicInteger commands = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
    private final List<String> complaints = new CopyOnWriteArrayList<>();

    private HeadlessBrowser(Process process, String address) throws IOException {
        this.process = process;
        String socket = JsonOverHttp.get("http://" + address + "/json/list")
                .at("/0/webSocketDebuggerUrl")
                .asText();
        this.page = client.newWebSocketBuilder()
                .buildAsync(URI.create(socket), new Reader())
                .join();
        for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
            JsonNode _ = command(domain + ".enable", "{}");
        }
    }

    /** Starts a browser; skips the test if {@code ./neurovisor test} could not install one, for which its summary gives the reason. */
    static HeadlessBrowser start(Path directory) throws IOException {
        String program = System.getenv("NEUROVISOR_TEST_BROWSER");
        assumeTrue(program != null, "a browser is not here: ./neurovisor test installs it");
        Process process = new ProcessBuilder(
                        program,
                        "--headless",
                        "--no-sandbox", // Not available to root. The browser opens only our own page.
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--no-proxy-server",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + directory.resolve("browser"),
                        "--window-size=1280,1480",
                        "about:blank")
                .start();
        List<String> messages = new CopyOnWriteArrayList<>();
        Thread.ofPlatform().daemon().start(() -> process.errorReader().lines().forEach(messages::add));
        String address = await().atMost(LIMIT)
                .failFast("the browser has ended", () -> !process.isAlive())
                .until(
                        () -> messages.stream()
                                .map(LISTENS::matcher)
                                .filter(Matcher::matches)
                                .map(matcher -> matcher.group(1))
                                .findFirst()
                                .orElse(""),
                        found -> !found.isEmpty());
        return new HeadlessBrowser(process, address);
    }

    /** Opens a page and waits until it is complete. */
    void open(String url) {
        JsonNode _ = command("Page.navigate", object().put("url", url).toString());
        await().atMost(LIMIT)
                .until(() ->
                        evaluate("location.href + document.readyState").asText().equals(url + "complete"));
    }

    void runsScripts(boolean runs) {
        JsonNode _ = command(
                "Emulation.setScriptExecutionDisabled",
                object().put("value", !runs).toString());
    }

    /** Sets the preferred colour scheme. */
    void prefersDark(boolean dark) {
        JsonNode _ = command(
                "Emulation.setEmulatedMedia",
                "{\"features\":[{\"name\":\"prefers-color-scheme\",\"value\":\"" + (dark ? "dark" : "light") + "\"}]}");
    }

    /** Returns the value of a JavaScript expression in the page. */
    JsonNode evaluate(String expression) {
        return command(
                        "Runtime.evaluate",
                        object().put("expression", expression)
                                .put("returnByValue", true)
                                .toString())
                .at("/result/value");
    }

    /** Returns the text of the first matching element; empty if there is none. */
    String text(String selector) {
        return evaluate("(document.querySelector('" + selector + "') || {}).innerText || ''")
                .asText();
    }

    /** Clicks the first matching element with the mouse. */
    void click(String selector) {
        JsonNode place = evaluate("(() => { const e = document.querySelector('" + selector + "');"
                + " e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect();"
                + " return {x: r.x + r.width / 2, y: r.y + r.height / 2}; })()");
        for (String kind : List.of("mousePressed", "mouseReleased")) {
            ObjectNode event = object().put("type", kind).put("button", "left").put("clickCount", 1);
            event.set("x", place.get("x"));
            event.set("y", place.get("y"));
            JsonNode _ = command("Input.dispatchMouseEvent", event.toString());
        }
    }

    /** Returns a screenshot of the window as PNG. */
    byte[] screenshot() {
        return Base64.getDecoder()
                .decode(command("Page.captureScreenshot", "{}").path("data").asText());
    }

    /** Returns script errors, violations of the security policy, failed requests and dialogs. */
    List<String> complaints() {
        return List.copyOf(complaints);
    }

    @Override
    public void close() {
        page.abort();
        client.close();
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        try {
            if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("the browser does not end");
            }
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", exception);
        }
    }

    private JsonNode command(String method, String parameters) {
        int id = commands.incrementAndGet();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        answers.put(id, answer);
        page.sendText("{\"id\":" + id + ",\"method\":\"" + method + "\",\"params\":" + parameters + "}", true)
                .join();
        JsonNode message = answer.orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS).join();
        if (message.has("error")) {
            throw new AssertionError(method + " " + parameters + ": " + message.get("error"));
        }
        return message.path("result");
    }

    private static ObjectNode object() {
        return JSON.createObjectNode();
    }

    private void take(JsonNode message) {
        if (message.has("id")) {
            CompletableFuture<JsonNode> answer =
                    answers.remove(message.get("id").asInt());
            if (answer != null) {
                answer.complete(message);
            }
            return;
        }
        JsonNode parameters = message.path("params");
        boolean complains = switch (message.path("method").asText()) {
            case "Runtime.exceptionThrown", "Page.javascriptDialogOpening" -> true;
            case "Runtime.consoleAPICalled" ->
                SERIOUS.contains(parameters.path("type").asText());
            case "Log.entryAdded" ->
                SERIOUS.contains(parameters.at("/entry/level").asText());
            default -> false;
        };
        if (complains) {
            complaints.add(message.toString());
        }
    }

    private final class Reader implements WebSocket.Listener {
        private final List<String> parts = new ArrayList<>();

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
            parts.add(part.toString());
            if (last) {
                String message = String.join("", parts);
                parts.clear();
                try {
                    take(JSON.readTree(message));
                } catch (JsonProcessingException exception) {
                    complaints.add(exception + ": " + message);
                }
            }
            socket.request(1);
            return null;
        }
    }
}
