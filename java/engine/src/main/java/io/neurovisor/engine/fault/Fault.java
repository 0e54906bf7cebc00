package io.neurovisor.engine.fault;

/**
 * A fault that NeuroVisor can report: its kind, its stable reason (the constant's name) and one sentence for the
 * documentation.
 */
public enum Fault {
    INVALID_ARGUMENT(FaultKind.CALLER, "An argument, flag or field has a value that is not allowed."),
    UNKNOWN_LANGUAGE(FaultKind.CALLER, "The language is not one that NeuroVisor runs."),
    LANGUAGE_MISSING(FaultKind.CALLER, "The image that was asked for cannot run programs of the language."),
    IMAGE_UNKNOWN(FaultKind.CALLER, "No recipe or built image has the given name."),
    IMAGE_NOT_BUILT(FaultKind.CALLER, "The image has not been built, and a server builds none for a request."),
    IMAGE_BROKEN(FaultKind.HOST, "An image file does not match its manifest and could not be rebuilt."),
    IMAGE_BUILD_FAILED(FaultKind.HOST, "A root image or guest kernel could not be built."),
    KERNEL_NOT_BUILT(FaultKind.CALLER, "The guest kernel that was asked for has not been built."),
    TEMPLATE_BUILD_FAILED(FaultKind.SANDBOX, "The virtual machine that becomes a template did not get ready."),
    VMM_MISSING(FaultKind.HOST, "No usable VMM program was found."),
    JAIL_FAILED(FaultKind.HOST, "The jail that a VMM runs in could not be made, so the VMM was not started."),
    LAYER_MISSING(FaultKind.HOST, "A layer that was asked for does not protect the machine, so nothing was run in it."),
    VMM_FAILED(FaultKind.SANDBOX, "The VMM process did not start, or ended before its work was done."),
    GUEST_SILENT(FaultKind.SANDBOX, "The guest agent did not answer in time."),
    SANDBOX_LOST(FaultKind.SANDBOX, "The connection to the guest agent broke, so the virtual machine counts as dead."),
    GUEST_EXCEEDED(
            FaultKind.SANDBOX, "The guest sent more than an execution may, so its virtual machine was destroyed."),
    GUEST_REFUSED(FaultKind.SANDBOX, "The guest agent answered a request with an error."),
    SPAWNER_FAILED(FaultKind.HOST, "The spawner process did not start or has ended."),
    TOOL_FAILED(FaultKind.HOST, "A program of the host system is missing or failed."),
    LAB_FAILED(FaultKind.HOST, "The lab machine did not start, or ended before its work was done."),
    STORAGE_FAILED(FaultKind.HOST, "A file or directory of the data directory could not be read or written."),
    SESSION_UNKNOWN(FaultKind.CALLER, "No recorded session has the given id, or several begin with it."),
    SESSIONS_FULL(FaultKind.CALLER, "As many sessions, or as much of them, is kept of their owner as of any."),
    HISTORY_UNUSABLE(FaultKind.HOST, "The database of sessions is damaged, or of a newer NeuroVisor."),
    ACCESS_UNUSABLE(FaultKind.HOST, "The database of API keys is damaged, or of a newer NeuroVisor."),
    JOURNAL_UNUSABLE(FaultKind.HOST, "The database of executions with a key is damaged, or of a newer NeuroVisor."),
    JOURNAL_FULL(
            FaultKind.CAPACITY,
            "So many answers are kept for clients who might ask again that there is no room for more."),
    EXECUTION_ELSEWHERE(
            FaultKind.CAPACITY, "Another process runs the execution that is asked for, and will keep its answer."),
    PORT_UNUSABLE(FaultKind.CALLER, "A port or socket that was to be served cannot be had."),
    POOL_EXHAUSTED(FaultKind.CAPACITY, "No virtual machine was ready within the time that a request may wait for one."),
    MEMORY_SHORT(FaultKind.CAPACITY, "The host has not the memory that one more virtual machine could take."),
    QUOTA_EXCEEDED(FaultKind.CAPACITY, "A key has had the executions that it may have in a day."),
    TOKENS_EXCEEDED(FaultKind.CAPACITY, "A key has used the tokens of language models that it may have in a day."),
    TENANT_LIMIT(
            FaultKind.CAPACITY,
            "A client has as many virtual machines, or requests that wait for one, as its key allows."),
    DAEMON_UNCONFINED(FaultKind.HOST, "The daemon could not give up what it has no use for, so it does not serve."),
    DAEMON_MISSING(FaultKind.CALLER, "No daemon serves at the socket or port at which one was looked for."),
    DAEMON_REFUSED(FaultKind.CAPACITY, "The daemon has not begun the program that it was asked to run."),
    DAEMON_LOST(
            FaultKind.UNKNOWN_OUTCOME,
            "The connection to the daemon broke while it ran a program, so nobody can say how that ended."),
    EXECUTION_LOST(
            FaultKind.UNKNOWN_OUTCOME, "The daemon that ran the program was killed, so nobody can say how that ended."),
    STOPPING(FaultKind.CAPACITY, "NeuroVisor is shutting down and accepts no more requests."),
    IN_USE(FaultKind.CALLER, "A running process uses what was to be removed."),
    INTERRUPTED(FaultKind.CALLER, "The operation was cancelled before it was done."),
    INTERNAL(FaultKind.HOST, "NeuroVisor met a condition that its own code should have made impossible.");

    private final FaultKind kind;
    private final String sentence;

    Fault(FaultKind kind, String sentence) {
        this.kind = kind;
        this.sentence = sentence;
    }

    public FaultKind kind() {
        return kind;
    }

    /** Returns one sentence that explains the fault in the documentation. */
    public String sentence() {
        return sentence;
    }
}
