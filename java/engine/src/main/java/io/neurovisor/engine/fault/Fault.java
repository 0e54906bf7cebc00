package io.neurovisor.engine.fault;

/**
 * A fault that NeuroVisor can report: its kind, its stable reason (the constant's name) and one sentence for the
 * documentation.
 */
public enum Fault {
    INVALID_ARGUMENT(FaultKind.CALLER, "An argument, flag or field has a value that is not allowed."),
    UNKNOWN_LANGUAGE(FaultKind.CALLER, "The language is not one that NeuroVisor runs."),
    LANGUAGE_MISSING(FaultKind.CALLER, "The requested image cannot run programs in the language."),
    IMAGE_UNKNOWN(FaultKind.CALLER, "No recipe or built image has the given name."),
    IMAGE_NOT_BUILT(FaultKind.CALLER, "The image has not been built, and a server does not build images on request."),
    IMAGE_BROKEN(FaultKind.HOST, "An image file does not match its manifest and could not be rebuilt."),
    IMAGE_BUILD_FAILED(FaultKind.HOST, "A root image or guest kernel could not be built."),
    KERNEL_NOT_BUILT(FaultKind.CALLER, "The requested guest kernel has not been built."),
    BOOT_FAILED(FaultKind.SANDBOX, "The guest of a virtual machine did not boot, or ended while it booted."),
    TEMPLATE_BUILD_FAILED(FaultKind.SANDBOX, "The virtual machine that becomes a template did not become ready."),
    VMM_MISSING(FaultKind.HOST, "No usable VMM program was found."),
    JAIL_FAILED(FaultKind.HOST, "The jail that a VMM runs in could not be made, so the VMM was not started."),
    LAYER_MISSING(FaultKind.HOST, "A required layer is not live in the machine, so nothing was run in it."),
    VMM_FAILED(FaultKind.SANDBOX, "The VMM process did not start, or ended before its work was done."),
    GUEST_SILENT(FaultKind.SANDBOX, "The guest agent or its VMM did not answer in time."),
    SANDBOX_LOST(FaultKind.SANDBOX, "The connection to the guest agent broke, so the virtual machine counts as dead."),
    GUEST_EXCEEDED(
            FaultKind.SANDBOX, "The guest sent more than an execution may, so its virtual machine was destroyed."),
    GUEST_REFUSED(FaultKind.SANDBOX, "The guest agent answered a request with an error."),
    SPAWNER_FAILED(FaultKind.HOST, "The spawner process did not start or has ended."),
    TOOL_FAILED(FaultKind.HOST, "A program of the host system is missing or failed."),
    LAB_FAILED(FaultKind.HOST, "The lab machine did not start, or ended before its work was done."),
    STORAGE_FAILED(FaultKind.HOST, "A file or directory of the data directory could not be read or written."),
    SESSION_UNKNOWN(FaultKind.CALLER, "No recorded session has the given id, or several begin with it."),
    SESSIONS_FULL(FaultKind.CALLER, "The limit on stored sessions of one owner has been reached."),
    HISTORY_UNUSABLE(FaultKind.HOST, "The database of sessions is damaged or was written by a newer NeuroVisor."),
    ACCESS_UNUSABLE(FaultKind.HOST, "The database of API keys is damaged or was written by a newer NeuroVisor."),
    JOURNAL_UNUSABLE(
            FaultKind.HOST, "The database of executions with a key is damaged or was written by a newer NeuroVisor."),
    JOURNAL_FULL(FaultKind.CAPACITY, "The journal of answers for repeated requests is full."),
    EXECUTION_ELSEWHERE(FaultKind.CAPACITY, "Another process runs the requested execution and will store its answer."),
    PORT_UNUSABLE(FaultKind.CALLER, "A port or socket cannot be opened for serving."),
    POOL_EXHAUSTED(FaultKind.CAPACITY, "No virtual machine was ready within the time that a request may wait for one."),
    MEMORY_SHORT(FaultKind.CAPACITY, "The host lacks the memory for one more virtual machine."),
    QUOTA_EXCEEDED(FaultKind.CAPACITY, "A key has reached its daily limit of executions."),
    TOKENS_EXCEEDED(FaultKind.CAPACITY, "A key has reached its daily limit of language model tokens."),
    TENANT_LIMIT(FaultKind.CAPACITY, "A client has reached its key's limit of virtual machines or waiting requests."),
    SANDBOX_UNKNOWN(FaultKind.CALLER, "No running sandbox of the client has the given id."),
    SANDBOX_QUOTA(FaultKind.CAPACITY, "A client or the daemon has reached its limit of sandboxes or of their memory."),
    SANDBOX_BUSY(
            FaultKind.CAPACITY, "A sandbox is being created or changed, and the call has waited too long for that."),
    SANDBOX_PAUSED(FaultKind.CALLER, "The sandbox is paused and is not resumed by calls for its processes or files."),
    SANDBOX_DIED(FaultKind.SANDBOX, "The virtual machine of a living sandbox has ended, and the sandbox with it."),
    SANDBOX_MOVED(
            FaultKind.UNKNOWN_OUTCOME,
            "The sandbox ended or was frozen during a call, so the outcome of the call is unknown."),
    SANDBOXES_UNUSABLE(FaultKind.HOST, "The database of sandboxes is damaged or was written by a newer NeuroVisor."),
    CHECKPOINT_DAMAGED(FaultKind.HOST, "The files of a paused sandbox are missing or have changed since it was saved."),
    CHECKPOINT_FOREIGN(
            FaultKind.HOST,
            "A paused sandbox needs another VMM, processor, template or version of NeuroVisor than there is."),
    SNAPSHOT_UNKNOWN(FaultKind.CALLER, "No snapshot of the caller has the given id or name."),
    TEMPLATE_IN_USE(FaultKind.CALLER, "Sandboxes or snapshots share the memory of a template that is to be deleted."),
    DISK_SHORT(FaultKind.CAPACITY, "The disk, or the limit for paused sandboxes, lacks the space for one more."),
    PROCESS_UNKNOWN(FaultKind.CALLER, "No process of the sandbox has the given number or tag."),
    PROCESS_LIMIT(
            FaultKind.CAPACITY,
            "The sandbox has reached its limit of processes, of streams attached to them or of unread input."),
    PROCESS_REFUSED(FaultKind.CALLER, "The process has no input or no terminal, so the request is impossible."),
    TAG_TAKEN(FaultKind.CALLER, "A running process of the sandbox has the given tag."),
    CONTEXT_UNKNOWN(FaultKind.CALLER, "No interpreter context of the sandbox has the given id."),
    CONTEXT_DEAD(FaultKind.CALLER, "The interpreter of the context has ended, and runs again once it is restarted."),
    CONTEXT_BUSY(FaultKind.CALLER, "The interpreter context is in a state in which the request is impossible."),
    CONTEXT_LIMIT(FaultKind.CAPACITY, "The sandbox has reached its limit of interpreter contexts or lacks the memory."),
    CONTEXT_RESTARTED(FaultKind.CALLER, "The interpreter context was restarted while it had the cell."),
    CONTEXT_REMOVED(FaultKind.CALLER, "The interpreter context was removed while it had the cell."),
    LANGUAGE_UNSUPPORTED(FaultKind.CALLER, "The image of the sandbox has no interpreter for the language."),
    TABLE_FORMAT_UNSUPPORTED(
            FaultKind.CALLER, "The interpreter of the context cannot make data of tables in the given format."),
    CELL_UNKNOWN(FaultKind.CALLER, "No cell of the interpreter context has the given number."),
    CELL_LIMIT(FaultKind.CAPACITY, "The limit of waiting cells, or of streams attached to cells, is reached."),
    FILE_UNKNOWN(FaultKind.CALLER, "No file of the sandbox has the given path."),
    FILE_EXISTS(FaultKind.CALLER, "A file of the sandbox has the given path already."),
    FILE_FORBIDDEN(FaultKind.CALLER, "The user of the sandbox's programs may not access the file in this way."),
    WATCH_LIMIT(FaultKind.CAPACITY, "The limit of watches of sandboxes, or of a sandbox's directories, is reached."),
    READ_LIMIT(FaultKind.CAPACITY, "The sandbox has reached its limit of files that are being read."),
    NOT_A_DIRECTORY(FaultKind.CALLER, "A directory was named where a file is needed, or the reverse."),
    NOT_EMPTY(FaultKind.CALLER, "A directory that is not empty is removed only with all that it contains."),
    DISK_FULL(FaultKind.CAPACITY, "The sandbox has no space left for files."),
    DAEMON_UNCONFINED(FaultKind.HOST, "The daemon could not give up its unneeded privileges, so it does not serve."),
    DAEMON_MISSING(FaultKind.CALLER, "No daemon serves at the given socket or port."),
    DAEMON_REFUSED(FaultKind.CAPACITY, "The daemon did not start the requested program."),
    DAEMON_LOST(
            FaultKind.UNKNOWN_OUTCOME,
            "The connection to the daemon broke while it ran a program, so the outcome is unknown."),
    EXECUTION_LOST(FaultKind.UNKNOWN_OUTCOME, "The daemon that ran the program was killed, so the outcome is unknown."),
    STOPPING(FaultKind.CAPACITY, "NeuroVisor is shutting down and accepts no more requests."),
    IN_USE(FaultKind.CALLER, "A running process uses the object that was to be removed."),
    INTERRUPTED(FaultKind.CALLER, "The operation was cancelled before it was done."),
    INTERNAL(FaultKind.HOST, "An internal error: NeuroVisor met a condition that should be impossible.");

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
