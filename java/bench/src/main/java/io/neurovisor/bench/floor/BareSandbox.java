package io.neurovisor.bench.floor;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.process.BackgroundTool;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A living sandbox of the bare VMM. Its steps are taken and timed by {@code bench/floor}; closing it ends the VMM.
 */
public final class BareSandbox implements AutoCloseable {
    private final BackgroundTool program;
    private final SocketChannel channel;
    private final BufferedReader answers;
    private final double adoptionMillis;

    private BareSandbox(BackgroundTool program, SocketChannel channel, double adoptionMillis) {
        this.program = program;
        this.channel = channel;
        this.answers = new BufferedReader(Channels.newReader(channel, StandardCharsets.US_ASCII));
        this.adoptionMillis = adoptionMillis;
    }

    /** Connects to the program, which is ended if that fails. */
    static BareSandbox connect(BackgroundTool program, Path socket, double adoptionMillis) {
        try {
            return new BareSandbox(program, SocketChannel.open(UnixDomainSocketAddress.of(socket)), adoptionMillis);
        } catch (IOException exception) {
            program.close();
            throw failed(exception);
        }
    }

    /** Returns the time in which the waiting clone became a sandbox. */
    public double adoptionMillis() {
        return adoptionMillis;
    }

    /** Returns the milliseconds of a step, such as {@code start true}; throws if the program cannot take it. */
    public double step(String words) {
        return figures(words).getFirst();
    }

    /** Returns the figures with which a step is answered, such as those of {@code pause}. */
    public List<Double> figures(String words) {
        try {
            ByteBuffer line = StandardCharsets.US_ASCII.encode(words + "\n");
            while (line.hasRemaining()) {
                int _ = channel.write(line);
            }
            String answer = answers.readLine();
            if (answer == null) {
                throw new IOException("it has ended");
            }
            return Stream.of(answer.split(" ")).map(Double::valueOf).toList();
        } catch (ClosedByInterruptException interrupt) {
            throw NeuroVisorException.interrupted("cancelled", interrupt);
        } catch (IOException exception) {
            throw failed(exception);
        }
    }

    private static NeuroVisorException failed(IOException exception) {
        return new NeuroVisorException(
                Fault.TOOL_FAILED, "the sandbox of a bare VMM does not answer: " + exception.getMessage(), exception);
    }

    @Override
    public void close() {
        try (program) {
            channel.close();
        } catch (IOException exception) {
            throw failed(exception);
        }
    }
}
