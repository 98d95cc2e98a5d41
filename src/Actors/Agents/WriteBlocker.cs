using System.Collections.Immutable;
using Mmm.Shared.Agents;

namespace Mmm.Actors.Agents;

/// <summary>
/// Makes a server that clients write to read-only. <c>SET GLOBAL read_only</c> waits behind running statements, so it gets a connection of its
/// own while another ends whoever holds it back.
/// </summary>
internal sealed class WriteBlocker(IMysqlServer mysql, StepTerms terms, TimeProvider time)
{
    /// <summary>How often it is looked whether killed connections are gone; ending one takes the server a few milliseconds.</summary>
    private static readonly TimeSpan s_recheck = TimeSpan.FromMilliseconds(10);

    public async Task<StepOutcome> BlockAsync(CancellationToken cancel)
    {
        TimeSpan deadline = terms.WriterGrace + (terms.KillRounds * terms.KillInterval) + terms.StatementTimeout;
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task set = mysql.SetReadOnlyAsync(deadline, giveUp.Token);
        try
        {
            return await PressAsync(set, cancel);
        }
        finally
        {
            if (!set.IsCompleted)
            {
                await giveUp.CancelAsync();
                // Its own failure is of no interest any more: the step fails or is cancelled for the reason already known.
                await set.ContinueWith(t => t.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }
    }

    /// <summary>Ends all client connections; those that do not go are named in a warning, as read_only holds anyway.</summary>
    public async Task<StepOutcome> EndClientsAsync(CancellationToken cancel)
    {
        ImmutableArray<ClientThread> left = [];
        for (int round = 0; round < terms.KillRounds; round++)
        {
            long began = time.GetTimestamp();
            left = await ClientsAsync(cancel);
            if (left.IsEmpty)
                return StepOutcome.Done;
            await mysql.EndConnectionsAsync([.. left.Select(c => c.Id)], cancel);
            while (time.GetElapsedTime(began) < terms.KillInterval)
            {
                await Task.Delay(s_recheck, time, cancel);
                left = await ClientsAsync(cancel);
                if (left.IsEmpty)
                    return StepOutcome.Done;
            }
        }

        return StepOutcome.DoneBut($"{left.Length} client connections did not end after {terms.KillRounds} tries: {Names(left)}");
    }

    private async Task<StepOutcome> PressAsync(Task set, CancellationToken cancel)
    {
        if (await EndsWithinAsync(set, terms.WriterGrace, cancel))
            return StepOutcome.Done;
        ImmutableArray<ClientThread> held = [];
        int ended = 0;
        for (int round = 0; round < terms.KillRounds; round++)
        {
            held = await ClientsAsync(cancel);
            await mysql.EndConnectionsAsync([.. held.Select(c => c.Id)], cancel);
            ended = Math.Max(ended, held.Length);
            if (await EndsWithinAsync(set, terms.KillInterval, cancel))
                return StepOutcome.DoneBut($"running statements held read_only back for more than {terms.WriterGrace.TotalMilliseconds:0} ms; {ended} client connections were ended");
        }

        return StepOutcome.Failed($"read_only did not take effect although client connections were ended {terms.KillRounds} times; still there: {Names(held)}");
    }

    private async Task<ImmutableArray<ClientThread>> ClientsAsync(CancellationToken cancel) =>
        ClientThreads.ToEnd(await mysql.ThreadsAsync(cancel), mysql.SparedUsers);

    private async Task<bool> EndsWithinAsync(Task task, TimeSpan limit, CancellationToken cancel)
    {
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        if (await Task.WhenAny(task, Task.Delay(limit, time, timer.Token)) != task)
        {
            cancel.ThrowIfCancellationRequested();
            return false;
        }

        await timer.CancelAsync();
        await task;
        return true;
    }

    private static string Names(ImmutableArray<ClientThread> threads) =>
        threads.IsEmpty ? "none" : string.Join(", ", threads.Take(5).Select(t => $"{t.Id} {t.User}@{t.Host}")) + (threads.Length > 5 ? ", …" : "");
}
