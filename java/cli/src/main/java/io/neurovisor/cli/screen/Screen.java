package io.neurovisor.cli.screen;

import io.neurovisor.engine.text.UntrustedText;
import io.neurovisor.engine.time.Ticker;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStyle;
import org.jspecify.annotations.Nullable;

/**
 * Writes lines and streamed text on a terminal, and a spinner below them while the program waits. The cursor stays in the
 * current line, so that the terminal needs no restoring when the program ends. Thread-safe.
 */
public final class Screen implements AutoCloseable {
    private static final String FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
    private static final Duration FRAME = Duration.ofMillis(100);
    private static final String ERASE = "\r\u001b[K";
    private static final String ERASE_BEHIND = "\u001b[K";
    private static final String SAVE_CURSOR = "\u001b7";
    private static final String RESTORE_CURSOR = "\u001b8";

    /** The spinner appears only after a pause in the text. */
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private static final int SMALLEST_WIDTH = 20;

    private final Consumer<String> out;
    private final IntSupplier width;
    private final Ticker ticker;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("spinner").factory());
    private final Object lock = new Object();
    private @Nullable String waitingFor;
    private long waitingSince;
    private int frame;
    private boolean spinnerIsShown;
    private boolean textIsComing;
    private final OpenLine open = new OpenLine();
    private String half = "";
    private boolean closed;

    /**
     * Creates a screen, which draws nothing yet.
     *
     * @param out receives text and control sequences for the terminal
     * @param width returns the current number of columns
     */
    public Screen(Consumer<String> out, IntSupplier width, Ticker ticker) {
        this.out = out;
        this.width = width;
        this.ticker = ticker;
    }

    public void start() {
        ScheduledFuture<?> _ =
                clock.scheduleAtFixedRate(this::tick, FRAME.toMillis(), FRAME.toMillis(), TimeUnit.MILLISECONDS);
    }

    public int width() {
        return Math.max(SMALLEST_WIDTH, width.getAsInt());
    }

    /** Writes a line, and ends the current one before it. */
    public void line(AttributedString line) {
        synchronized (lock) {
            endLine();
            out.accept(line.toAnsi() + "\n");
        }
    }

    /** Writes a part of untrusted text, without control characters. Hides the spinner, which reappears after a pause. */
    public void text(String piece) {
        synchronized (lock) {
            String shown = UntrustedText.lines(whole(piece));
            if (!shown.isEmpty()) {
                erase();
                textIsComing = true;
                waitingSince = ticker.nanos();
                out.accept(shown);
                open.append(shown);
            }
        }
    }

    /** Shows the spinner with a label and the elapsed time while there is no text, until {@link #rest}. */
    public void await(String label) {
        synchronized (lock) {
            endLine();
            waitingFor = UntrustedText.line(label);
            textIsComing = false;
            waitingSince = ticker.nanos();
            draw();
        }
    }

    /** Hides the spinner. */
    public void rest() {
        synchronized (lock) {
            endLine();
            waitingFor = null;
        }
    }

    void tick() {
        synchronized (lock) {
            if (!closed && waitingFor != null) {
                frame++;
                draw();
            }
        }
    }

    @Override
    public void close() {
        synchronized (lock) {
            if (!closed) {
                closed = true;
                rest();
            }
        }
        // Interrupting the thread during a write would close stdout, so it is left to finish.
        clock.shutdown();
    }

    /** Holds back the first half of a character that arrives in two parts. */
    private String whole(String piece) {
        String text = half + piece;
        boolean isHalf = !text.isEmpty() && Character.isHighSurrogate(text.charAt(text.length() - 1));
        half = isHalf ? text.substring(text.length() - 1) : "";
        return isHalf ? text.substring(0, text.length() - 1) : text;
    }

    private void draw() {
        String label = waitingFor;
        if (label == null) {
            return;
        }
        Duration waited = Duration.ofNanos(ticker.nanos() - waitingSince);
        if (textIsComing && waited.compareTo(PAUSE) < 0) {
            return;
        }
        String begin = FRAMES.charAt(frame % FRAMES.length()) + " ";
        String end = String.format(Locale.ROOT, " %.1f s", waited.toMillis() / 1000.0);
        if (open.isOpen()) {
            drawBehindText(" " + begin + end.strip());
            return;
        }
        // A wrapped line could not be erased.
        int room = Math.max(0, width() - 1 - begin.length() - end.length());
        AttributedString cut = new AttributedString(label).columnSubSequence(0, room);
        out.accept(ERASE + faint(begin + cut + end));
        spinnerIsShown = true;
    }

    /** Leaves the cursor behind the text, which may continue. */
    private void drawBehindText(String spinner) {
        if (spinner.length() <= open.room(width())) {
            out.accept(SAVE_CURSOR + ERASE_BEHIND + faint(spinner) + RESTORE_CURSOR);
            spinnerIsShown = true;
        }
    }

    private static String faint(String text) {
        return new AttributedString(text, AttributedStyle.DEFAULT.faint()).toAnsi();
    }

    private void endLine() {
        erase();
        half = "";
        if (open.isOpen()) {
            out.accept("\n");
            open.close();
        }
    }

    private void erase() {
        if (spinnerIsShown) {
            out.accept(open.isOpen() ? ERASE_BEHIND : ERASE);
            spinnerIsShown = false;
        }
    }
}
