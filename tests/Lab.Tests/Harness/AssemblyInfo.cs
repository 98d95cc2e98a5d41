using System.Runtime.Versioning;
using Xunit;

[assembly: SupportedOSPlatform("linux")]

// Real servers on a machine with few cores: one lab works at a time, or the deadlines measure the machine.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
