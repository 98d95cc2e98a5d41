using System.Runtime.InteropServices;

namespace Mmm.Agent.Adapters.Linux;

/// <summary>The few system calls .NET has no class for. Constants are those of Linux on x86-64 and arm64.</summary>
internal static partial class LibC
{
    public const int AfNetlink = 16;
    public const int AfPacket = 17;
    public const int SockRaw = 3;
    public const int SockDgram = 2;
    public const int SockCloexec = 0x80000;
    public const int SolSocket = 1;
    public const int SoReceiveTimeout = 20;
    public const int SoAttachFilter = 26;
    public const int MessageDontWait = 0x40;
    public const short PollIn = 1;
    public const int EfdCloexec = 0x80000;
    public const int OpenDirectory = 0x10000 | 0x80000;

    /// <summary>O_WRONLY, O_CREAT, O_EXCL (a link is not followed), O_CLOEXEC.</summary>
    public const int OpenNewFile = 0x1 | 0x40 | 0x80 | 0x80000;

    public const int OwnerReadsAndWrites = 0x180;

    /// <summary>Number of pidfd_open, the same on every architecture.</summary>
    private const long PidFdOpenNumber = 434;

    /// <summary>Number of pidfd_send_signal, the same on every architecture.</summary>
    private const long PidFdSendSignalNumber = 424;

    public const int SigKill = 9;

    /// <summary>CLOCK_BOOTTIME: monotonic, and goes on while the machine is suspended.</summary>
    public const int ClockBootTime = 7;

    [StructLayout(LayoutKind.Sequential)]
    public struct PollFd
    {
        public int Fd;
        public short Events;
        public short Revents;
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    public static partial int Bind(int fd, ReadOnlySpan<byte> address, int length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetSocketOption(int fd, int level, int name, ReadOnlySpan<long> value, int length);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(int fd, ReadOnlySpan<byte> buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "sendto", SetLastError = true)]
    public static partial nint SendTo(int fd, ReadOnlySpan<byte> buffer, nint length, int flags, ReadOnlySpan<byte> address, int addressLength);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int fd, Span<byte> buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "recvfrom", SetLastError = true)]
    public static partial nint ReceiveFrom(int fd, Span<byte> buffer, nint length, int flags, Span<byte> address, ref int addressLength);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(Span<PollFd> fds, nuint count, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventFd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int fd, Span<byte> buffer, nint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int fd, ReadOnlySpan<byte> buffer, nint count);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unlink(string path);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int Fsync(int fd);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int fd);

    /// <summary>A descriptor that becomes readable when the process ends; negative when the kernel does not give one.</summary>
    public static int PidFdOpen(int pid) => (int)Syscall(PidFdOpenNumber, pid, 0);

    /// <summary>Sends a signal to exactly the process of the descriptor, never to a later one with the same number.</summary>
    public static int PidFdSendSignal(int pidFd, int signal) => (int)Syscall(PidFdSendSignalNumber, pidFd, signal, 0, 0);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    public static partial int ClockGetTime(int clock, Span<long> time);

    /// <summary>The text of the last error of a call on this thread.</summary>
    public static string LastError() => Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long Syscall(long number, long first, long second);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long Syscall(long number, long first, long second, long third, long fourth);
}
