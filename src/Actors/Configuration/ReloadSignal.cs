using System.Runtime.InteropServices;
using Akka.Actor;
using Akka.Hosting;

namespace Mmm.Actors.Configuration;

/// <summary>SIGHUP, as <c>systemctl reload</c> sends it: the configuration is read again. Without this it would end the process.</summary>
public static class ReloadSignal
{
    /// <param name="actors">The node's; one that still starts has its <see cref="SettingsActor"/> in a moment.</param>
    /// <returns>Dispose of it to listen no more.</returns>
    public static IDisposable Listen(IReadOnlyActorRegistry actors) => PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
    {
        signal.Cancel = true;
        _ = TellAsync(actors);
    });

    private static async Task TellAsync(IReadOnlyActorRegistry actors) =>
        (await actors.GetAsync<SettingsKey>().ConfigureAwait(false)).Tell(new SettingsActor.Reload("SIGHUP"), ActorRefs.NoSender);
}
