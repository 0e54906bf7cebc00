package io.neurovisor.cli.screen;

import static java.util.Objects.requireNonNull;

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
 * Writes downwards on a terminal: lines, text as it comes, and below them a spinner while something is waited for. The cursor
 * stays in the line that is being written, so that nothing has to be restored however the program ends. Safe for use by many
 * threads.
 */
public final class Screen implements AutoCloseable {
    private static final String FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
    private static final Duration FRAME = Duration.ofMillis(100);
    private static final String ERASE = "\r\u001b[K";
    private static final String ERASE_BEHIND = "\u001b[K";
    private static final String SAVE_CURSOR = "\u001b7";
    private static final String RESTORE_CURSOR = "\u001b8";

    /** Text that comes as usual is not interrupted by a spinner. */
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
     * Draws nothing yet.
     *
     * @param out takes what the terminal is to show and do
     * @param width how many columns it has, asked each time
     */
    public Screen(Consumer<String> out, IntSupplier width, Ticker ticker) {
        this.out = requireNonNull(out, "out is null");
        this.width = requireNonNull(width, "width is null");
        this.ticker = requireNonNull(ticker, "ticker is null");
    }

    /** Lets the spinner turn. */
    public void start() {
        ScheduledFuture<?> _ =
                clock.scheduleAtFixedRate(this::tick, FRAME.toMillis(), FRAME.toMillis(), TimeUnit.MILLISECONDS);
    }

    public int width() {
        return Math.max(SMALLEST_WIDTH, width.getAsInt());
    }

    /** A line of its own, without its end. */
    public void line(AttributedString line) {
        synchronized (lock) {
            endLine();
            out.accept(line.toAnsi() + "\n");
        }
    }

    /** A stranger's text as it comes, of which the terminal obeys nothing; the spinner goes, and is back when no more comes. */
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

    /** The spinner says what is waited for, and for how long, while there is no text, until {@link #rest}. */
    public void await(String label) {
        synchronized (lock) {
            endLine();
            waitingFor = UntrustedText.line(label);
            textIsComing = false;
            waitingSince = ticker.nanos();
            draw();
        }
    }

    /** Nothing is waited for any more. */
    public void rest() {
        synchronized (lock) {
            endLine();
            waitingFor = null;
        }
    }

    /** The next picture of the spinner. */
    void tick() {
        synchronized (lock) {
            if (!closed && waitingFor != null) {
                frame++;
                draw();
            }
        }
    }

    /** Whatever is printed next begins on a line of its own. */
    @Override
    public void close() {
        synchronized (lock) {
            if (!closed) {
                closed = true;
                rest();
            }
        }
        // An interruption of its thread amid a write would close stdout, so that it is left to end by itself.
        clock.shutdown();
    }

    /** A character that came in two pieces is written when it is whole. */
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
        // A line that the terminal wraps could not be erased.
        int room = Math.max(0, width() - 1 - begin.length() - end.length());
        AttributedString cut = new AttributedString(label).columnSubSequence(0, room);
        out.accept(ERASE + faint(begin + cut + end));
        spinnerIsShown = true;
    }

    /** The cursor stays behind the text, which may go on. */
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
