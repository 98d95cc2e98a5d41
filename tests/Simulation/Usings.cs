global using Mmm.Simulation.Faults;
