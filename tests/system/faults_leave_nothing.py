"""The faults of faults_test leave no process and no file in /dev/shm behind."""

import job


class FaultsLeaveNothing(job.JobTest):
    def test_each_rank_count(self):
        for ranks in None, 1, 2, 4:
            with self.subTest(ranks=ranks):
                started = self.start("--gtest_filter=*spoil_one_task_only*", ranks=ranks)
                code, out, err = self.end(started, 100)
                self.assertEqual(code, 0, out + err)


if __name__ == "__main__":
    job.main()
