package io.neurovisor.host.jail;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.nativecalls.DefaultAction;
import io.neurovisor.host.nativecalls.ForbiddenCalls;
import io.neurovisor.host.nativecalls.Libseccomp;
import io.neurovisor.host.nativecalls.SeccompRule;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.probe.ProcessThreads;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A separate process that works, confines itself, tries the denied system calls and continues to work. It prints its
 * results.
 */
final class ConfinedProcess {
    /** The argument that disables the confinement, to show the results without it. */
    static final String OPEN = "open";

    /** The argument that makes the kernel reject the filter, as an existing filter can. */
    static final String BARRED = "barred";

    private static final int WORKERS = 8;
    private static final int PIECES = 200;

    private final AtomicBoolean ended = new AtomicBoolean();
    private final AtomicLong written = new AtomicLong();
    private final AtomicLong rounds = new AtomicLong();

    private final Path own;

    private ConfinedProcess(Path own) {
        this.own = own;
    }

    public static void main(String[] arguments) throws Exception {
        if (List.of(arguments).contains(BARRED)) {
            Libseccomp.locate().install(DefaultAction.ALLOW, List.of(new SeccompRule("seccomp", List.of(), 1)));
            try {
                say("confined " + SelfConfinement.begin(List.of()));
            } catch (NeuroVisorException refusal) {
                say(refusal.fault() + ": " + refusal.getMessage());
            }
            return;
        }
        new ConfinedProcess(Files.createTempDirectory("own")).run(arguments.length == 0);
    }

    private void run(boolean confined) throws Exception {
        List<Thread> workers = new ArrayList<>();
        for (int index = 0; index < WORKERS; index++) {
            workers.add(Thread.ofPlatform().start(this::work));
        }
        long before = rounds.get();
        if (confined) {
            confine();
            tryEveryRule();
            say("more capabilities "
                    + ProcessThreads.read(HostFiles.SYSTEM)
                            .holdingMoreThan(PrivilegeDrop.KEPT)
                            .size());
            say("raised " + raised());
        }
        say("exec " + exec());
        say("new threads " + newThreads());
        System.gc();
        long met = rounds.get();
        while (rounds.get() < met + WORKERS) {
            Thread.onSpinWait();
        }
        say("unfiltered " + ProcessThreads.read(HostFiles.SYSTEM).unfiltered().isPresent());
        ended.set(true);
        for (Thread worker : workers) {
            worker.join();
        }
        say("worked on " + (rounds.get() > before));
    }

    /** Also prints what this thread and an older thread can change afterwards. */
    private void confine() throws Exception {
        Path other = Files.createTempDirectory("other");
        try (ExecutorService early = Executors.newSingleThreadExecutor()) {
            say("before " + early.submit(() -> changes(other)).get());
            SelfConfinement confinement = SelfConfinement.begin(List.of(own, Path.of("/dev/null")));
            say("confined " + confinement.threads());
            say("files closed " + confinement.filesClosed());
            say("its own directory " + changes(own));
            say("another directory " + changes(other));
            say("another directory by an older thread "
                    + early.submit(() -> changes(other)).get());
            say("kernel settings " + writes(Path.of("/proc/sys/kernel/core_pattern")));
            say("null " + writes(Path.of("/dev/null")));
        }
    }

    /** Creates, changes and removes a file in a directory. */
    private static String changes(Path directory) {
        Path file = directory.resolve("file");
        try {
            Files.writeString(file, "changed");
            Files.delete(file);
            return "changed";
        } catch (IOException refusal) {
            return refusal.getClass().getSimpleName();
        }
    }

    /** Opens a file for writing without writing to it. */
    private static String writes(Path file) {
        try {
            Files.newByteChannel(file, StandardOpenOption.WRITE).close();
            return "open";
        } catch (IOException refusal) {
            return refusal.getClass().getSimpleName();
        }
    }

    private static void tryEveryRule() {
        for (PolicyRule rule : SeccompPolicy.daemon().rules()) {
            String syscall = rule.rule().syscall();
            // Rules with conditions depend on arguments and are covered by BpfProgram.
            if (rule.rule().conditions().isEmpty() && !ForbiddenCalls.harmful().contains(syscall)) {
                say("call " + syscall + " " + ForbiddenCalls.answer(syscall, -1));
            }
        }
        for (SeccompRule.Condition condition : namespaces()) {
            say("call clone " + ForbiddenCalls.answer("clone", condition.value()));
        }
    }

    /** Tries an operation that only root may do: changing the owner of a file. */
    private String raised() throws IOException {
        Path file = Files.createTempFile(own, "given", "");
        try {
            Files.setAttribute(file, "unix:uid", 1);
            return "all";
        } catch (FileSystemException refusal) {
            return "none";
        } finally {
            Files.delete(file);
        }
    }

    /** For {@code clone}: the kernel rejects threads with such flags in any case, but not with EPERM. */
    private static List<SeccompRule.Condition> namespaces() {
        return SeccompPolicy.daemon().rules().stream()
                .map(PolicyRule::rule)
                .filter(rule -> rule.syscall().equals("clone"))
                .map(rule -> rule.conditions().getFirst())
                .filter(condition -> condition.value() != 0)
                .map(condition -> new SeccompRule.Condition(0, -1, condition.value() | 0x10000))
                .toList();
    }

    private static String exec() throws InterruptedException {
        try {
            return "ended with " + new ProcessBuilder("true").start().waitFor();
        } catch (IOException refusal) {
            return String.valueOf(refusal.getMessage());
        }
    }

    /** Creates garbage to collect, a lock to wait for and a method to compile. */
    private void work() {
        while (!ended.get()) {
            long bytes = 0;
            for (int piece = 0; piece < PIECES; piece++) {
                bytes += Integer.toString(piece * 31).repeat(100).getBytes(StandardCharsets.UTF_8).length;
            }
            synchronized (written) {
                written.addAndGet(bytes);
                rounds.incrementAndGet();
            }
        }
    }

    private static int newThreads() throws Exception {
        int answered = 0;
        try (ExecutorService platform = Executors.newCachedThreadPool();
                ExecutorService virtual = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Integer>> answers = new ArrayList<>();
            for (int piece = 0; piece < PIECES; piece++) {
                int number = piece;
                answers.add((piece % 2 == 0 ? platform : virtual).submit(() -> Integer.bitCount(number)));
            }
            for (Future<Integer> answer : answers) {
                answered += answer.get() >= 0 ? 1 : 0;
            }
        }
        return answered;
    }

    private static void say(String line) {
        System.out.println(line);
    }
}
