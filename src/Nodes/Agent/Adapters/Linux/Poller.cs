using System.Collections.Concurrent;

namespace Mmm.Agent.Adapters.Linux;

/// <summary>Waits for file descriptors that .NET cannot wait for (a process's end, a netlink socket) on one thread of its own.</summary>
public sealed class Poller : IDisposable
{
    private sealed record Wait(int Fd, TaskCompletionSource Done, CancellationToken Cancel);

    private readonly ConcurrentQueue<Wait> _added = new();
    private readonly int _wake;
    private volatile bool _stopping;

    public Poller()
    {
        _wake = LibC.EventFd(0, LibC.EfdCloexec);
        if (_wake < 0)
            throw new InvalidOperationException($"eventfd: {LibC.LastError()}");
        new Thread(Run) { IsBackground = true, Name = "mmm-poller" }.Start();
    }

    /// <summary>Completes when the descriptor can be read from. The descriptor must stay open until then or until after cancellation.</summary>
    public async Task WaitReadableAsync(int fd, CancellationToken cancel)
    {
        ObjectDisposedException.ThrowIf(_stopping, this);
        var wait = new Wait(fd, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), cancel);
        _added.Enqueue(wait);
        Wake();
        await using CancellationTokenRegistration registration = cancel.Register(Wake);
        await wait.Done.Task;
    }

    public void Dispose()
    {
        _stopping = true;
        Wake();
    }

    private void Wake()
    {
        Span<byte> one = stackalloc byte[8];
        one[0] = 1;
        // It can only fail when the counter is full, and then the thread is awake anyway.
        _ = LibC.Write(_wake, one, 8);
    }

    private void Run()
    {
        var waits = new List<Wait>();
        byte[] drain = new byte[8];
        while (!_stopping)
        {
            while (_added.TryDequeue(out Wait? added))
                waits.Add(added);
            foreach (Wait cancelled in waits.FindAll(w => w.Cancel.IsCancellationRequested))
            {
                waits.Remove(cancelled);
                cancelled.Done.TrySetCanceled(cancelled.Cancel);
            }

            var fds = new LibC.PollFd[waits.Count + 1];
            fds[0] = new LibC.PollFd { Fd = _wake, Events = LibC.PollIn };
            for (int i = 0; i < waits.Count; i++)
                fds[i + 1] = new LibC.PollFd { Fd = waits[i].Fd, Events = LibC.PollIn };
            if (LibC.Poll(fds, (nuint)fds.Length, -1) < 0)
                continue;
            if (fds[0].Revents != 0)
                _ = LibC.Read(_wake, drain, 8);
            for (int i = waits.Count - 1; i >= 0; i--)
            {
                if (fds[i + 1].Revents == 0)
                    continue;
                waits[i].Done.TrySetResult();
                waits.RemoveAt(i);
            }
        }

        foreach (Wait left in waits.Concat(_added))
            left.Done.TrySetCanceled();
        _ = LibC.Close(_wake);
    }
}
